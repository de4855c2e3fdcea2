"""The generation jobs."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import Home, JobKind, Lane, Needs

_Job = partial(JobKind, domain="fairdesk.generation", needs=Needs.FOLDERS)
_FAMILIES = {
    "gan": ("Train a GAN", "GAN", "FullyConnectedParams"),
    "identity-gan": ("Train an identity GAN", "identity GAN", "IdentityGanParams"),
    "dcgan": ("Train a DCGAN", "DCGAN", "DcganParams"),
    "stylegan2": ("Train a StyleGAN2", "StyleGAN2", "StyleGan2Params"),
    "cyclegan": ("Train a CycleGAN", "CycleGAN", "CycleGanParams"),
}

JOBS = [
    *(
        _Job(
            f"train-{family}", title, f"training.params:{model}", "results:TrainGanResult", "training.gan_training:train_gan", lane=Lane.GPU, gpu=True,
            positional=("data", "data_b") if family == "cyclegan" else ("data",), verb=f"train {family}",
            choice="Network", short=short, begins_again=Home.RUNS, after_stop="resume it with --resume",
        )
        for family, (title, short, model) in _FAMILIES.items()
    ),
    _Job(
        "generate", "Generate faces", "params:GenerateParams", "results:GenerateResult", "making.synthetic_faces:generate_faces",
        lane=Lane.GPU, gpu=True, positional=("run",), begins_again=Home.SYNTHETIC,
    ),
    _Job(
        "interpolate", "Interpolate between faces", "params:InterpolateParams", "results:InterpolateResult",
        "making.interpolation:interpolate_faces", lane=Lane.GPU, gpu=True, positional=("run",),
    ),
    _Job(
        "review", "Review synthetic faces", "params:ReviewParams", "results:ReviewResult", "checking.review:review_faces",
        lane=Lane.GPU, gpu=True, needs=Needs.PROJECT, positional=("made",),
    ),
    _Job(
        "assess", "Assess synthetic faces", "params:AssessParams", "results:AssessResult", "checking.assessment:assess_faces",
        lane=Lane.GPU, gpu=True, positional=("made", "real"), after_stop="",
    ),
    _Job(
        "translate", "Translate faces", "params:TranslateParams", "results:TranslateResult", "making.translation:translate_faces",
        lane=Lane.GPU, gpu=True, positional=("input",), begins_again=Home.SYNTHETIC,
    ),
    _Job(
        "container", "Run a container", "params:ContainerParams", "results:ContainerResult", "container:run_container",
        positional=("image", "command"), passes_on="command", lane=Lane.GPU, follows_log=True,
    ),
]  # fmt: skip
