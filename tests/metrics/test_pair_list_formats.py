"""Every list format of the field is read, found out by itself, and written again; what cannot be is said with its line."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.images.insightface_bins import read_bin
from fairdesk.metrics.pair_lists.columns import guess_columns, parse_columns
from fairdesk.metrics.pair_lists.ijb import read_gallery
from fairdesk.metrics.pair_lists.pairs import Pair, published_folds
from fairdesk.metrics.pair_lists.reading import FORMATS, read_list, read_pairs
from fairdesk.metrics.pair_lists.writing import write_pairs
from tests.images.test_archives import jpeg

LFW = "2\t2\nAna_Lee\t1\t4\nBo_Xu\t2\t11\nAna_Lee\t1\tBo_Xu\t2\nCy_Diaz-Roe\t3\tAna_Lee\t12\nDee\t1\t3\nDee\t5\t6\nDee\t5\tAna_Lee\t2\nBo_Xu\t10\tDee\t1\n"
RFW = "m.0a\t1\t2\nm.0b_x\t3\t10\nm.0a\t1\tm.0b_x\t3\nm.0c\t2\tm.0a\t12345\n"
WANTED = {
    "rfw": [
        ("m.0a/m.0a_0001.jpg", "m.0a/m.0a_0002.jpg", 1), ("m.0b_x/m.0b_x_0003.jpg", "m.0b_x/m.0b_x_0010.jpg", 1),
        ("m.0a/m.0a_0001.jpg", "m.0b_x/m.0b_x_0003.jpg", 0), ("m.0c/m.0c_0002.jpg", "m.0a/m.0a_12345.jpg", 0),
    ],
    "two": [("a/1.jpg", "a/2.jpg", 1), ("a/1.jpg", "b/1.jpg", 0)],
}  # fmt: skip
TWO = {  # all say the same two pairs
    "pairs.txt": ("a/1.jpg a/2.jpg 1\na/1.jpg b/1.jpg 0\n", "pairs"),
    "agedb.txt": ("a/1.jpg a/2.jpg 1\na/1.jpg b/1.jpg -1\n", "pairs"),
    "tabs.txt": ("a/1.jpg\ta/2.jpg\t1\r\na/1.jpg\tb/1.jpg\t0\r\n", "pairs"),
    "titles.txt": ("path1 path2 label\na/1.jpg a/2.jpg 1\na/1.jpg b/1.jpg 0\n", "pairs"),
    "calfw.txt": ("a/1.jpg 3\na/2.jpg 3\n\na/1.jpg 0\nb/1.jpg 0\n", "cplfw"),
    "plain.csv": ("path1,path2,label\na/1.jpg,a/2.jpg,1\na/1.jpg,b/1.jpg,0\n", "csv"),
    "decision.csv": ("file_x,file_y,Decision\na/1.jpg,a/2.jpg,Yes\na/1.jpg,b/1.jpg,No\n", "csv"),
    "excel.csv": ("Image 1;Image 2;Same?\r\na/1.jpg;a/2.jpg;TRUE\r\na/1.jpg;b/1.jpg;FALSE\r\n", "csv"),
    "words.tsv": ("img_a\timg_b\tmatch\na/1.jpg\ta/2.jpg\tgenuine\na/1.jpg\tb/1.jpg\timpostor\n", "csv"),
    "text.txt": ("id,left,right,is_same\n7,a/1.jpg,a/2.jpg,1.0\n8,a/1.jpg,b/1.jpg,0.0\n", "csv"),
    "label-first.txt": ("1 a/1.jpg a/2.jpg\n0 a/1.jpg b/1.jpg\n", "pairs"),
    "commas.csv": ("img1;img2;label\na/1.jpg;a/2.jpg;1,0\na/1.jpg;b/1.jpg;0,0\n", "csv"),
    "no-header.csv": ("a/1.jpg,a/2.jpg,1\na/1.jpg,b/1.jpg,0\n", "csv"),
    "no-header.txt": ("a/1.jpg;a/2.jpg;same\na/1.jpg;b/1.jpg;different\n", "csv"),
    "quoted.csv": ('sep=;\n"p1";"p2";"label"\n"a/1.jpg";"a/2.jpg";"1"\n"a/1.jpg";"b/1.jpg";"-1"\n', "csv"),
}  # fmt: skip


def said(pairs):
    return [(pair.path1, pair.path2, pair.label) for pair in pairs]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("name", TWO)
def test_one_list_in_many_clothes(tmp_path, name, encoding):
    text, kind = TWO[name]
    (tmp_path / name).write_bytes(text.encode(encoding))
    found = read_list(tmp_path / name)
    assert (found.read_as, said(found.pairs)) == (kind, WANTED["two"])
    assert found.read_as in FORMATS and not found.left_out


def test_a_parquet_table(tmp_path):
    import pyarrow
    import pyarrow.parquet

    columns = {"photo_a": ["a/1.jpg", "a/1.jpg"], "photo_b": ["a/2.jpg", "b/1.jpg"], "same": [True, False]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "l.parquet")
    found = read_list(tmp_path / "l.parquet")
    assert (found.read_as, said(found.pairs)) == ("parquet", WANTED["two"])


def test_lfw_with_its_headers(tmp_path):
    (tmp_path / "pairs.txt").write_text(LFW)
    found = read_list(tmp_path / "pairs.txt")
    assert (found.read_as, found.folds, [pair.fold for pair in found.pairs]) == ("lfw", 2, [0] * 4 + [1] * 4)
    (tmp_path / "dev.txt").write_text("1\nAna_Lee 1 4\nAna_Lee 1 Bo_Xu 2\n")
    assert read_list(tmp_path / "dev.txt").folds == 1


def test_rfw_has_no_header_and_its_group_in_its_name(tmp_path):
    (tmp_path / "African_pairs.txt").write_text(RFW * 3)
    found = read_list(tmp_path / "African_pairs.txt")
    assert (found.read_as, said(found.pairs)) == ("rfw", WANTED["rfw"] * 3)
    assert [pair.fold for pair in found.pairs] == [0] * 4 + [1] * 4 + [2] * 4
    assert {(pair.group1, pair.group2) for pair in found.pairs} == {("African", "African")}
    (tmp_path / "mine.txt").write_text(RFW)
    assert read_list(tmp_path / "mine.txt").pairs[0].group1 == ""


def test_a_whole_rfw_list_has_600_pairs_a_fold(tmp_path):
    lines = []
    for fold in range(10):
        lines += [f"m.{fold}g{n}\t1\t2" for n in range(300)] + [f"m.{fold}g{n}\t1\tm.{fold}i{n}\t1" for n in range(300)]
    (tmp_path / "Asian_pairs.txt").write_text("\n".join(lines))
    assert [pair.fold for pair in read_pairs(tmp_path / "Asian_pairs.txt")] == [row // 600 for row in range(6000)]


def test_bfws_table(tmp_path):
    header = "ID,fold,p1,p2,label,id1,id2,att1,att2,vgg16,a1,a2,g1,g2,e1,e2\n"
    row = "0,5,white_males/n1/a.jpg,asian_males/n2/b.jpg,0,703,184,white_males,asian_males,,WM,AM,M,M,W,A\n"
    (tmp_path / "t.csv").write_text(header + row)
    found = read_list(tmp_path / "t.csv")
    assert found.read_as == "bfw"
    assert found.pairs == [Pair("white_males/n1/a.jpg", "asian_males/n2/b.jpg", 0, 5, "703", "184", "WM", "AM")]


@pytest.fixture
def cfp(tmp_path):
    home = tmp_path / "Protocol"
    for kind, fold, same, diff in (
        ("FF", "01", "1,2", "1,3"),
        ("FP", "01", "1,1\n3,2", "2,2"),
        ("FP", "02", "1,1", "1,2"),
    ):
        place = home / "Split" / kind / fold
        place.mkdir(parents=True)
        (place / "same.txt").write_text(same + "\n")
        (place / "diff.txt").write_text(diff + "\n")
    rows = [
        f"{n} ../Data/Images/{who}/frontal/{i}.jpg"
        for n, (who, i) in enumerate([("001", 1), ("001", 2), ("002", 1)], 1)
    ]
    (home / "Pair_list_F.txt").write_text("\n".join(rows))
    (home / "Pair_list_P.txt").write_text("1 ../Data/Images/001/profile/1.jpg\n2 ../Data/Images/002/profile/1.jpg\n")
    return home


def test_cfp(cfp):
    found = read_list(cfp / "Split" / "FP")
    assert found.read_as == "cfp" and found.folds == 2
    assert said(found.pairs)[:3] == [
        ("Data/Images/001/frontal/1.jpg", "Data/Images/001/profile/1.jpg", 1),
        ("Data/Images/002/frontal/1.jpg", "Data/Images/002/profile/1.jpg", 1),
        ("Data/Images/001/frontal/2.jpg", "Data/Images/002/profile/1.jpg", 0),
    ]
    assert (found.pairs[2].subject1, found.pairs[2].subject2) == ("001", "002")
    assert read_list(cfp / "Split" / "FF" / "01" / "same.txt").pairs == read_list(cfp / "Split" / "FF").pairs
    for path in (cfp, cfp / "Pair_list_P.txt"):
        with pytest.raises(RequestError, match=r"two lists.*Split/FF .*Split/FP"):
            read_list(path)
    (cfp / "Split" / "FF" / "01" / "diff.txt").write_text("1,99\n")
    with pytest.raises(RequestError, match=r"diff\.txt: line 1 is not two numbers of images: 1,99"):
        read_list(cfp / "Split" / "FF")


def test_agedbs_own_file(tmp_path):
    splits = np.empty((2, 1), dtype=object)
    for fold in range(2):
        pairs = np.empty((2, 2), dtype=object)
        for (row, column), name in zip(np.ndindex(2, 2), "abcd", strict=True):
            pairs[row, column] = {"name": f"{fold}_{name}"}
        splits[fold, 0] = {"pairs": pairs, "labels": np.array([[1, -1]])}
    scipy.io.savemat(tmp_path / "splits.mat", {"splits": splits})
    found = read_list(tmp_path / "splits.mat")
    assert found.read_as == "agedb"
    assert [(*one, pair.fold) for one, pair in zip(said(found.pairs), found.pairs, strict=True)] == [
        ("0_a.jpg", "0_c.jpg", 1, 0), ("0_b.jpg", "0_d.jpg", 0, 0), ("1_a.jpg", "1_c.jpg", 1, 1), ("1_b.jpg", "1_d.jpg", 0, 1),
    ]  # fmt: skip
    for data in (b"rubbish", (tmp_path / "splits.mat").read_bytes()[:200]):
        (tmp_path / "bad.mat").write_bytes(data)
        with pytest.raises(RequestError, match="cannot be read as AgeDB's list"):
            read_list(tmp_path / "bad.mat")


def test_ijbs_templates_and_galleries(tmp_path):
    (tmp_path / "ijbc_face_tid_mid.txt").write_text(
        "1.jpg 1 69544\n2.jpg 11065 69545\n3.jpg 11065 69545\n4.jpg 11066 7\n"
    )
    pairs = tmp_path / "ijbc_template_pair_label.txt"
    pairs.write_text("1 11065 1\n1 11066 0\n")
    found = read_list(pairs)
    assert (found.read_as, said(found.pairs)) == ("ijb", [("1", "11065", 1), ("1", "11066", 0)])
    assert found.templates["11065"] == [("2.jpg", "69545"), ("3.jpg", "69545")]
    assert found.names() == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    pairs.write_text("1 99 1\n")
    with pytest.raises(RequestError, match="has no template 99"):
        read_list(pairs)
    (tmp_path / "ijbc_face_tid_mid.txt").unlink()
    with pytest.raises(RequestError, match="face_tid_mid"):
        read_list(pairs)
    (tmp_path / "g.csv").write_text(
        "TEMPLATE_ID,SUBJECT_ID,FILENAME,FACE_X\n3,100,img/1.jpg,1\n3,100,frames/2.png,2\n5,101,img/7.jpg,3\n"
    )
    gallery = read_gallery(tmp_path / "g.csv")
    assert {key: (one.subject, one.files) for key, one in gallery.items()} == {
        "3": ("100", ["img/1.jpg", "frames/2.png"]), "5": ("101", ["img/7.jpg"]),
    }  # fmt: skip


def test_published_lists_without_folds_have_ten():
    """As FaceX-Zoo cuts CALFW's and CPLFW's, which have all genuine pairs first; AgeDB-30's stand fold by fold."""
    ordered = [1] * 3000 + [0] * 3000
    folds = published_folds(ordered)
    assert folds == [n // 300 for n in range(3000)] * 2
    assert published_folds(([1] * 300 + [0] * 300) * 10) == [n // 600 for n in range(6000)]
    assert set(published_folds([1, 0] * 100)) == set(published_folds([1] * 3001 + [0] * 2999)) == {0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t1\nAna_Lee\t1\nAna_Lee\t1\tBo\t2\n", "line 2 has 2 fields, expected 3"),
        ("1\t1\nAna_Lee\t1\t2\nAna_Lee\tx\tBo\t2\n", "line 3: image numbers must be whole numbers"),
        ("2\t2\nAna_Lee\t1\t2\n", "promises 8 pairs, the file has 1"),
        ("m.0a\t1\t2\nm.0a\t1\n", "line 2 has 2 fields"),
        ("a.jpg 1\nb.jpg 0\n", "lines 1 and 2 are a pair but their numbers differ"),
        ("a.jpg 1\nb.jpg 1\nc.jpg 0\n", "has 3 lines, and two lines are a pair"),
        ("a.jpg b.jpg 1\nc.jpg d.jpg 7\n", "line 2: the label '7' is not 1"),
        ("a.jpg b.jpg 1\nc.jpg\n", "line 2 has 1 field, expected"), ("a.jpg b.jpg 1 0\n", "line 1 has 4 fields, expected"),
        ("x/1.jpg copy.jpg y/2.jpg 1\n", "line 1 can be split into two paths in more than one way"),
        ("1.jpg 1 69544\n", "label '69544'"),
        ("", "is empty"), (" \n\t\n", "is empty"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path, text, message):
    (tmp_path / "l.txt").write_text(text)
    with pytest.raises(RequestError, match=message):
        read_list(tmp_path / "l.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("who,whom,label\na,b,1\n", r"path1 and path2 is not known; line 1 has: who, whom, label\. Say it: --columns"),
        ("path1,path2,label\na,b,2\n", "line 2: the label '2'"), ("path1,path2,label\na,b,nan\n", "line 2: the label 'nan'"),
        ("path1,path2,label,fold\na,b,1,1.5\n", "line 2: the fold '1.5' is not a whole number"),
        ("path1,path2,label\n,b,1\na,b,\n", r"holds no pairs\. Line 2: it has no path1"),
        ("path1,path2,label\n", "holds no pairs"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_told(tmp_path, text, message):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(RequestError, match=message):
        read_list(tmp_path / "l.csv")


def test_rows_that_lack_something_are_told(tmp_path):
    (tmp_path / "l.csv").write_text("path1,path2,label\na,b,1\na,,0\na,c,\n")
    found = read_list(tmp_path / "l.csv")
    assert len(found.pairs) == 1
    assert [(one.line, one.why) for one in found.left_out] == [(3, "it has no path2"), (4, "it has no label")]


def test_columns_are_guessed_and_given():
    assert guess_columns(["file_x", "file_y", "Decision", "race"]) == {
        "path1": 0, "path2": 1, "label": 2, "group1": 3, "group2": 3,
    }  # fmt: skip
    assert guess_columns(["FACE_X", "FACE_Y", "label"]) == {"label": 2}
    assert parse_columns(["path1=a,path2=b", "label=is, same"]) == {"path1": "a", "path2": "b", "label": "is, same"}
    for wrong in (["path3=a"], ["path1"], ["path1="], ["path1=x,path1=y"]):
        with pytest.raises(ValueError, match="FIELD=COLUMN"):
            parse_columns(wrong)


def test_any_columns_by_the_option(tmp_path, capsys):
    (tmp_path / "l.csv").write_text("who;whom;verdict;where\na/1.jpg;a/2.jpg;y;north\na/1.jpg;b/1.jpg;n;south\n")
    line = ["pairs", "--from", str(tmp_path / "l.csv"), "--out", str(tmp_path / "o.csv"), "--json"]
    assert run(line) == 2
    assert "path1 and path2 and label is not known" in capsys.readouterr().err
    assert run([*line, "--columns", "path1=who,path2=whom,label=verdict,group1=where,group2=where"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {key: result[key] for key in ("genuine", "impostor", "folds", "read_as", "left_out")} == {
        "genuine": 1, "impostor": 1, "folds": 1, "read_as": "csv", "left_out": [],
    }  # fmt: skip
    assert [pair.group2 for pair in read_pairs(tmp_path / "o.csv")] == ["north", "south"]
    assert run([*line, "--columns", "path1=nix,path2=whom,label=verdict"]) == 2
    assert "has no column 'nix'" in capsys.readouterr().err


PAIRS = [
    Pair("x/Ana_Lee/Ana_Lee_0001.jpg", "x/Ana_Lee/Ana_Lee_0012.jpg", 1, 0, "Ana_Lee", "Ana_Lee", "AF", "AF"),
    Pair("x/Ana_Lee/Ana_Lee_0001.jpg", "x/Bo/Bo_12345.jpg", 0, 0, "Ana_Lee", "Bo", "AF", "WM"),
    Pair("x/Bo/Bo_0002.jpg", "x/Bo/Bo_12345.jpg", 1, 1, "Bo", "Bo", "WM", "WM"),
    Pair("x/Bo/Bo_0001.jpg", "x/Ana_Lee/Ana_Lee_0002.jpg", 0, 1, "Bo", "Ana_Lee", "WM", "AF"),
]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "parquet", "bfw", "lfw", "rfw", "pairs", "insightface-txt", "cplfw"])
def test_what_is_written_is_read_as_the_same(tmp_path, form):
    path = tmp_path / ("l" + {"csv": ".csv", "parquet": ".parquet", "bfw": ".csv"}.get(form, ".txt"))
    write_pairs(path, PAIRS, form)
    found = read_list(path)
    assert found.read_as == {"insightface-txt": "pairs"}.get(form, form)
    wanted = PAIRS
    if form in ("lfw", "rfw"):
        wanted = [replace(one, path1=one.path1[2:], path2=one.path2[2:], group1="", group2="") for one in wanted]
    elif form in ("pairs", "insightface-txt", "cplfw"):
        wanted = [Pair(one.path1, one.path2, one.label) for one in wanted]
    assert found.pairs == wanted


def test_bfws_columns_for_any_group(tmp_path):
    pairs = [replace(PAIRS[1], group1="African", group2="white_males")]
    write_pairs(tmp_path / "l.csv", pairs, "bfw", genders={pairs[0].path1: "female"})
    header, row = (line.split(",") for line in (tmp_path / "l.csv").read_text().splitlines())
    cells = dict(zip(header, row, strict=True))
    assert [cells[name] for name in ("att1", "a1", "g1", "e1")] == ["African", "African", "F", "African"]
    assert [cells[name] for name in ("att2", "a2", "g2", "e2")] == ["white_males", "WM", "M", "W"]


def test_what_a_format_cannot_say_is_refused(tmp_path):
    cases = [
        ("lfw", PAIRS[:3], "as many impostor as genuine pairs"), ("rfw", [Pair("a/1.jpg", "a/2.jpg", 1)], "is not named so"),
        ("lfw", [Pair("A/A_0001.jpg", "B/B_0001.jpg", 1), PAIRS[1]], "genuine pairs by one name"),
        ("pairs", [Pair("a b/1.jpg", "c.jpg", 1)], "cannot hold a path with a blank"), ("csv", [], "no pair to write"),
        ("cplfw", [Pair("a b/1.jpg", "c.jpg", 1)], "cannot hold a path with a blank"),
    ]  # fmt: skip
    for form, pairs, message in cases:
        with pytest.raises(RequestError, match=message):
            write_pairs(tmp_path / "x", pairs, form)
        assert not (tmp_path / "x").exists()


def test_a_bin_goes_both_ways(tmp_path, capsys):
    for n in range(4):
        (tmp_path / f"{n}.jpg").write_bytes(jpeg(n, side=112))
    (tmp_path / "l.txt").write_text(
        f"{tmp_path}/0.jpg {tmp_path}/1.jpg 1\n{tmp_path}/2.jpg {tmp_path}/3.jpg 0\n{tmp_path}/0.jpg {tmp_path}/gone.jpg 0\n"
    )
    line = [
        "pairs",
        "--from",
        str(tmp_path / "l.txt"),
        "--format",
        "insightface-bin",
        "--out",
        str(tmp_path / "l.bin"),
        "--json",
    ]
    assert run(line) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["genuine"], result["impostor"]) == (1, 1)
    assert [one["line"] for one in result["left_out"]] == [3] and "gone.jpg" in result["left_out"][0]["why"]
    pictures, same = read_bin(tmp_path / "l.bin")
    assert same.tolist() == [True, False]
    assert pictures == [(tmp_path / f"{n}.jpg").read_bytes() for n in range(4)]  # faces of that size stay as they are
    with (tmp_path / "l.bin").open("rb") as file:
        assert isinstance(pickle.load(file), tuple)
    found = read_list(tmp_path / "l.bin")
    assert (found.read_as, [pair.label for pair in found.pairs]) == ("insightface-bin", [1, 0])
    again = [
        "pairs",
        "--from",
        str(tmp_path / "l.bin"),
        "--format",
        "insightface-bin",
        "--out",
        str(tmp_path / "again.bin"),
    ]
    assert run(again) == 0
    assert read_bin(tmp_path / "again.bin")[0] == pictures


def test_other_sizes_are_brought_to_112(tmp_path, capsys):
    for n in range(2):
        (tmp_path / f"{n}.jpg").write_bytes(jpeg(n, side=60))
    (tmp_path / "l.txt").write_text(f"{tmp_path}/0.jpg {tmp_path}/1.jpg 1\n")
    assert (
        run(
            [
                "pairs",
                "--from",
                str(tmp_path / "l.txt"),
                "--format",
                "insightface-bin",
                "--out",
                str(tmp_path / "l.bin"),
            ]
        )
        == 0
    )
    assert "2 images were scaled to 112 x 112" in capsys.readouterr().err


def test_pickled_tables_and_folders_are_refused(tmp_path):
    (tmp_path / "t.pkl").write_bytes(pickle.dumps({"a": 1}))
    for path, message in (
        (tmp_path / "t.pkl", "can run programs"),
        (tmp_path, "is a folder"),
        (tmp_path / "no", "There is no pair list"),
    ):
        with pytest.raises(RequestError, match=message):
            read_list(path)


def test_the_worked_formats(truth):
    """`expected.json` whole: the pairs of each list, or the error."""
    expected = json.loads((truth / "formats" / "expected.json").read_text())
    tried = 0
    for name, wanted in expected.items():
        path = truth / "formats" / name
        if wanted["kind"] == "cfp":
            for split in ("FF", "FP"):
                pairs = read_pairs(path / "Protocol" / "Split" / split)
                _same(pairs, wanted[split])
        elif "error" in wanted:
            with pytest.raises(RequestError, match=Path(name).name):
                read_list(path)
        elif "pairs" in wanted:
            found = read_list(path)
            _same(found.pairs, wanted["pairs"])
            assert found.folds == wanted.get("folds", found.folds)
            assert wanted.get("group", found.pairs[0].group1) == found.pairs[0].group1
        elif wanted["kind"] == "bin":
            assert [pair.label for pair in read_pairs(path)] == [int(one) for one in wanted["issame"]]
        elif wanted["kind"] == "ijb":
            found = read_list(path / "ijbc_template_pair_label.txt")
            assert said(found.pairs) == [(str(a), str(b), label) for a, b, label in wanted["template_pairs"]]
            members = [
                [one.path, int(key), int(one.media)] for key, images in found.templates.items() for one in images
            ]
            assert members == wanted["faces"]
            gallery = read_gallery(path / "ijbc_1N_gallery_G1.csv")
            assert {key: {"files": one.files, "subject": int(one.subject)} for key, one in gallery.items()} == wanted[
                "gallery"
            ]
        else:
            continue
        tried += 1
    assert tried >= 21


def _same(pairs, wanted):
    assert len(pairs) == len(wanted)
    for pair, row in zip(pairs, wanted, strict=True):
        assert {key: getattr(pair, key) for key in row if key != "scores"} == {
            k: v for k, v in row.items() if k != "scores"
        }


def test_names_without_an_ending_need_no_header(tmp_path):
    (tmp_path / "l.csv").write_text("00001,00002,1\n00003,00004,0\n")
    assert said(read_pairs(tmp_path / "l.csv")) == [("00001", "00002", 1), ("00003", "00004", 0)]
    (tmp_path / "l.csv").write_text("a,b,same\n00001,00002,1\n")
    with pytest.raises(RequestError, match="path1 and path2 is not known"):
        read_list(tmp_path / "l.csv")


def test_a_list_of_calfw_is_not_said_to_be_cplfws_alone(tmp_path, capsys):
    for name, text in (("calfw.txt", TWO["calfw.txt"][0]), ("p.csv", "path1,path2,label\na/1.jpg,a/2.jpg,1\n")):
        (tmp_path / name).write_text(text)
        assert run(["pairs", "--from", str(tmp_path / name), "--out", str(tmp_path / f"o-{name}.csv")]) == 0
    said_of = capsys.readouterr().out
    assert "read as calfw/cplfw, written as csv" in said_of and "read as csv, written as csv" in said_of
