"""Facts of files: kept by content, never believed of a changed file, and a broken store is made anew."""

import multiprocessing
import os
import time

import apsw
import pytest

from fairdesk.project import kept_facts as module
from fairdesk.project.kept_facts import Facts, FactStore, Stamp, user_cache, user_facts
from fairdesk.project.thumbnails import ThumbnailStore

A, B = "a" * 64, "b" * 64
PICTURE = Facts(A, 30, 20, (1 << 64) - 2, None)


@pytest.fixture
def store(tmp_path):
    with FactStore(tmp_path / "facts.sqlite") as made:
        yield made


def stamped(path):
    return path, Stamp.of(os.stat(path))


def later():
    """A moment at which whatever was written so far has settled."""
    return time.time_ns() + 10_000_000_000


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Zoë.jpg"
    path.write_bytes(b"first")
    return path


def kept(store, file, facts=PICTURE):
    path, stamp = stamped(file)
    store.keep([(path, stamp, facts.sha256)], [facts], now_ns=later())


def test_what_is_kept_comes_back_and_survives_the_process(store, file):
    kept(store, file)
    store.close()
    with FactStore(store.path) as again:
        assert again.of_files([stamped(file)]) == {file: PICTURE}
        assert again.of_content([A, B]) == {A: PICTURE}
        assert again.hashes([stamped(file)]) == {file: A}


def test_a_bad_file_keeps_why(store, file):
    bad = Facts(B, why="not a picture in a known format")
    kept(store, file, bad)
    assert store.of_files([stamped(file)]) == {file: bad}


def rewrite(path):
    path.write_bytes(b"other")  # as long as it was


def rewrite_and_set_back(path):
    stat = os.stat(path)
    path.write_bytes(b"other")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def replace(path):
    stat = os.stat(path)
    other = path.with_name("other")
    other.write_bytes(b"other")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)


def touch(path):
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("change", [rewrite, rewrite_and_set_back, replace, touch])
def test_a_changed_file_is_not_believed_even_of_equal_size(store, file, change):
    kept(store, file)
    time.sleep(0.02)  # more than a tick of the file system's clock
    change(file)
    assert os.stat(file).st_size == 5
    assert store.hashes([stamped(file)]) == {}


def test_a_file_that_has_just_been_written_is_not_kept(store, file):
    path, stamp = stamped(file)
    moment = stamp.ctime_ns
    store.keep([(path, stamp, A)], [PICTURE], now_ns=moment + 10_000_000)
    assert store.hashes([stamped(file)]) == {}
    store.keep([(path, stamp, A)], [PICTURE], now_ns=moment + 60_000_000)
    assert store.hashes([stamped(file)]) == {file: A}


def test_a_clock_of_whole_seconds_needs_more_time():
    stamp = Stamp(1, 5_000_000_000, 5_000_000_000, 1)
    assert not stamp.settled(6_000_000_000)
    assert stamp.settled(8_000_000_000)


def test_another_version_of_the_decoder_does_not_count(store, file, monkeypatch):
    kept(store, file)
    monkeypatch.setattr(module, "maker", lambda: "another")
    assert store.of_content([A]) == {}
    assert store.hashes([stamped(file)]) == {file: A}  # a SHA-256 is one in every version


def test_the_users_cache_holds_neither_paths_nor_whom_a_mark_names(file):
    with user_facts() as store:
        kept(store, file, Facts(A, 3, 3, 1, '{"identity": "Wilhelmina"}'))
        assert store.of_content([A])[A].mark == ""
    data = b"".join(path.read_bytes() for path in user_cache().iterdir())
    for word in ("Zoë", "jpg", "Wilhelmina", file.parent.name):
        assert word.encode() not in data, word


def test_a_project_keeps_the_whole_mark(store, file):
    kept(store, file, Facts(A, 3, 3, 1, '{"identity": "Wilhelmina"}'))
    assert store.of_content([A])[A].mark == '{"identity": "Wilhelmina"}'


def test_the_cache_stays_small(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PRUNE_EVERY", 10)
    with FactStore(tmp_path / "facts.sqlite", most=50) as store:
        for day in range(20):
            monkeypatch.setattr(module, "_today", lambda day=day: day)
            files = [(tmp_path / f"{day}-{n}", Stamp(1, 1, 1, n), f"{day * 10 + n:064x}") for n in range(10)]
            store.keep(files, [Facts(sha) for *_, sha in files], now_ns=later())
        counts = store.connection.execute("SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM content)")
        assert counts.fetchone() == (45, 45)
        newest = [(tmp_path / f"19-{n}", Stamp(1, 1, 1, n)) for n in range(10)]
        assert len(store.hashes(newest)) == 10
        assert store.hashes([(tmp_path / "0-0", Stamp(1, 1, 1, 0))]) == {}


def test_what_is_asked_for_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PRUNE_EVERY", 1)
    monkeypatch.setattr(module, "_today", lambda: 1)
    files = [(tmp_path / str(n), Stamp(1, 1, 1, n), f"{n:064x}") for n in range(20)]
    with FactStore(tmp_path / "facts.sqlite", most=10) as store:
        store.keep(files[:10], now_ns=later())
        monkeypatch.setattr(module, "_today", lambda: 2)
        wanted = [file[:2] for file in files[7:10]]
        assert len(store.hashes(wanted)) == 3
        store.keep(files[10:14], now_ns=later())
        assert len(store.hashes(wanted)) == 3


@pytest.mark.parametrize("damage", ["text", "middle", "cut"])
def test_a_damaged_store_is_made_anew(store, file, damage):
    files = [(file.with_name(str(n)), Stamp(1, 1, 1, n), f"{n:064x}") for n in range(3_000)]
    store.keep(files, now_ns=later())
    store.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    store.close()
    data = store.path.read_bytes()
    if damage == "text":
        store.path.write_text("this is no database, but long enough to look at " * 100)
    elif damage == "middle":
        store.path.write_bytes(data[:4096] + os.urandom(len(data) - 4096))
    else:
        store.path.write_bytes(data[: len(data) // 3])
    with FactStore(store.path) as again:
        again.hashes([one[:2] for one in files])
        kept(again, file)
        assert again.of_files([stamped(file)]) == {file: PICTURE}
        assert again.connection.pragma("integrity_check") == "ok"


def test_a_store_that_cannot_be_written_is_done_without(tmp_path, file, caplog):
    (tmp_path / "taken").write_text("a file where the folder would be")
    with FactStore(tmp_path / "taken" / "facts.sqlite") as store:
        kept(store, file)
        assert store.of_files([stamped(file)]) == {}
    assert caplog.text.count("cannot be used") == 1


def write_many(path, first, home):
    with FactStore(path) as store:
        for start in range(first, first + 200, 20):
            files = [(home / str(n), Stamp(1, 1, 1, n), f"{n:064x}") for n in range(start, start + 20)]
            store.keep(files, [Facts(sha) for *_, sha in files], now_ns=later())


def test_processes_share_it(store, tmp_path):
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=write_many, args=(store.path, first, tmp_path)) for first in (0, 200, 400)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert len(store.hashes([(tmp_path / str(n), Stamp(1, 1, 1, n)) for n in range(600)])) == 600


def test_forgetting_leaves_nothing(store, file):
    kept(store, file)
    store.forget([file], [A])
    assert bytes.fromhex(A) not in store.path.read_bytes()
    assert store.of_content([A]) == {} and store.hashes([stamped(file)]) == {}


def test_thumbnails_of_an_earlier_version_stay_and_its_inspections_go(tmp_path):
    old = apsw.Connection(str(tmp_path / "thumbnails.sqlite"))
    old.execute(
        "CREATE TABLE thumbnail (kind TEXT, id INTEGER, jpeg BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;"
        "INSERT INTO thumbnail VALUES ('image', 3, x'ffd8');"
        "CREATE TABLE inspected (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, sha256 TEXT, width INTEGER,"
        " height INTEGER, synthetic TEXT, why TEXT, jpeg BLOB);"
        "INSERT INTO inspected VALUES ('/a/b.jpg', 1, 1, 'aa', 1, 1, NULL, NULL, x'ffd8')"
    )
    old.close()
    with ThumbnailStore(tmp_path / "thumbnails.sqlite") as store:
        assert store.get("image", 3) == b"\xff\xd8"
        assert not store.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'inspected'").get
