"""From a number to the pairs behind it, and what people corrected."""
