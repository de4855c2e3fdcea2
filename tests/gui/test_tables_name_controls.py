"""Tables in the window name controls where reports and the command line name options."""

from fairdesk.gui.tabs.metrics.result_tables import ResultTables
from fairdesk.metrics.report.tables import Cell, Column, Table


def test_notes_cells_and_tips_name_controls(qtbot):
    tables = ResultTables()
    qtbot.addWidget(tables)
    why = "draws would take 9 GB; give --bootstrap 0"
    row = [Cell("A"), Cell(f"– ({why})", tip=why, why=why)]
    tables.show_tables([Table("t", "T", [Column("Group", text=True), Column("95 %")], [row], f"– ({why}): A.")], ("t",))
    item = tables.pages["t"].item(0, 1)
    for text in (item.text(), item.toolTip(), tables._notes["t"].text(), tables.current().note):
        assert "0 at “Draws of subjects”" in text and "--" not in text
