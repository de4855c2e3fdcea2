"""A row of widgets has the height of the rows that it needs, also where these are higher than at its usual width."""

from PySide6.QtWidgets import QComboBox, QLabel, QTextEdit, QVBoxLayout, QWidget

from fairdesk.gui.widgets.flow_row import FlowRow


def test_a_row_is_as_high_as_its_rows_at_the_width_it_has(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    layout = QVBoxLayout(page)
    row = FlowRow()
    for widget, wide, high in ((QComboBox, 120, 40), (QLabel, 300, 16), (QComboBox, 90, 40), (QLabel, 146, 16)):
        widget(row).setFixedSize(wide, high)  # at the usual width the second row is low, where it is narrow, high
    layout.addWidget(row)
    layout.addWidget(QTextEdit())
    page.resize(520, 400)
    page.show()
    for width in (520, 420, 620, 500):
        page.resize(width, 400)
        qtbot.wait(20)
        assert row.height() == row.heightForWidth(row.width())
        assert max(child.geometry().bottom() for child in row._shown()) < row.height()
