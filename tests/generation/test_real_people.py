"""Whom synthetic faces are compared with: real people alone, and none that were hidden."""

from fairdesk.generation.checking.real_people import real_faces
from fairdesk.project.images import hide_images, labelled_images


def test_neither_synthetic_nor_hidden_images_are_real_people(filled):
    paths = {image.id: str(image.path) for image in labelled_images(filled)}
    with filled.db.transaction() as connection:
        connection.execute("""UPDATE image SET synthetic = '{"run": "r"}' WHERE id IN (1, 7)""")
        connection.execute("DELETE FROM vector WHERE face_id = (SELECT id FROM face WHERE image_id = 3)")
    hide_images(filled, [2])
    real = real_faces(filled, filled.vectors.find("made-up"))
    assert set(real.paths) == {path for number, path in paths.items() if number not in (1, 2, 3, 7)}
    assert (len(real.vectors), len(real.who), real.without) == (36, 36, 1)
