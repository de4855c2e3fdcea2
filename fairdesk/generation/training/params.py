"""Parameters of training GANs: one model a family."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from fairdesk.jobs.fields import ExistingPath, NewFolder, Offer, Pick, Unset
from fairdesk.jobs.params import FieldError, JobParams
from fairdesk.project.conditions import HELP, check_conditions
from fairdesk.words import tr

Family = Literal["gan", "identity-gan", "dcgan", "stylegan2", "cyclegan"]


class GanParams(JobParams):
    """What every family of GAN is trained with."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Data": ("where", "where_b", "condition"),
        "Network": ("latent", "channel_base", "mapping_layers", "blocks", "features", "norm"),
        "Training": (
            "learning_rate", "decay_epoch", "ema_images", "accumulate", "patience", "r1", "adaptive", "lambda_cycle",
            "lambda_identity", "identity_epochs", "seed",
        ),
        "Sample grids and checkpoints": ("preview_every", "checkpoint_every", "assess_every", "assess_images"),
        "Device": ("device", "devices", "precision", "channels_last", "deterministic", "resume"),
    }  # fmt: skip

    family: Family
    data: ExistingPath = Field(
        description="Folder of images (all below it), a project, or a list of images (.txt, one a line)"
    )
    where: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="Only images of", description="Only images of a project that match: " + HELP
    )
    out: NewFolder = Field(title="Output", description="Folder of the run")
    image_size: int = Field(64, ge=16, le=256, description="Width and height in pixels")
    epochs: int = Field(200, ge=1, le=100_000, description="Passes over all images")
    batch_size: int = Field(64, ge=1, le=4096, description="Batch size: images per step")
    learning_rate: float = Field(2e-4, gt=0, le=1, description="Adam's learning rate")
    decay_epoch: Annotated[int | None, Unset("never")] = Field(
        None, ge=0, title="Decay from epoch", description="Epoch from which the learning rate falls to 0"
    )
    ema_images: int = Field(
        0, ge=0, title="EMA half-life", description="EMA half-life of the generators in images (0: none)"
    )
    accumulate: int = Field(
        1,
        ge=1,
        le=64,
        title="Gradient accumulation steps",
        description="Compute each batch in this many parts, to need less memory",
    )
    seed: int = Field(999, ge=0, description="Random seed; the same seed gives the same run (on the CPU)")
    preview_every: Annotated[int | None, Unset("30 seconds")] = Field(
        None,
        ge=1,
        title="Sample grid every",
        description="Batches between sample grids (by time unless said: after 20 seconds, then every 30)",
    )
    checkpoint_every: int = Field(
        0, ge=0, description="Epochs between saved checkpoints; 0 saves only the best and the last"
    )
    patience: int = Field(
        0,
        ge=0,
        title="Early stopping patience",
        description="Early stopping: epochs without a better generator loss; 0: off",
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="auto: bf16 on a GPU that has it, else fp32"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Compute device")
    deterministic: bool = Field(False, description="Deterministic algorithms only, also on a GPU (slower)")
    devices: int = Field(1, ge=1, le=64, description="GPUs (or CPU processes) of this machine that share each batch")
    resume: bool = Field(False, description="Resume the run in that folder")

    @model_validator(mode="before")
    @classmethod
    def _unset_is_default(cls, values: Any) -> Any:
        """Runs and jobs of earlier versions say null where they mean the family's default."""
        if not isinstance(values, dict):
            return values
        fields = cls.model_fields
        return {
            name: value
            for name, value in values.items()
            if value is not None or name not in fields or fields[name].default is None or fields[name].is_required()
        }

    @field_validator("data", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    _conditions = field_validator("where")(check_conditions)

    @model_validator(mode="after")
    def _in_parts(self) -> Self:
        parts = self.accumulate * self.devices
        if self.batch_size % parts:
            raise FieldError(
                "accumulate",
                tr(
                    "a batch of {size} cannot be computed in {parts} equal parts",
                    size=self.batch_size,
                    parts=parts,
                ),
            )
        return self

    def network(self) -> dict[str, Any]:
        """Return what a checkpoint has to say, so that its networks can be built again."""
        return {"family": self.family, "size": self.image_size}


def _image_size(default: int, sizes: str) -> Any:
    return Field(default, ge=16, le=256, description=f"Width and height in pixels: {sizes}")


class NoiseGanParams(GanParams):
    """What the families are trained with that make faces from latents."""

    condition: Literal["none", "group", "identity"] = Field(
        "none", description="Train a conditional GAN, to generate faces of a chosen group or identity"
    )
    latent: int = Field(100, ge=2, le=1024, title="Latent dimension", description="Dimension of the latent vectors")
    assess_every: int = Field(
        0, ge=0, title="FID every", description="Epochs between measurements of FID and KID (dlib features); 0: never"
    )
    assess_images: int = Field(
        256, ge=16, le=50_000, title="FID images", description="Images on each side for FID and KID"
    )

    @model_validator(mode="after")
    def _several(self) -> Self:
        if self.batch_size < 2:
            raise FieldError("batch_size", tr("a batch needs at least 2 images"))
        return self

    def network(self) -> dict[str, Any]:
        """Return what a checkpoint has to say."""
        return {**super().network(), "latent": self.latent}


class _PowerOfTwo(NoiseGanParams):
    @model_validator(mode="after")
    def _size(self) -> Self:
        if self.image_size not in (32, 64, 128, 256):
            raise FieldError(
                "image_size",
                tr("{network} generates images of 32, 64, 128 or 256 pixels", network=self.family),
            )
        return self


class FullyConnectedParams(NoiseGanParams):
    """Train a fully connected GAN."""

    family: Literal["gan"] = "gan"


class IdentityGanParams(NoiseGanParams):
    """Train a fully connected GAN that generates identities."""

    family: Literal["identity-gan"] = "identity-gan"


_CHANNELS_LAST = Field(True, description="Channels-last memory format (faster convolutions)")


class DcganParams(_PowerOfTwo):
    """Train a DCGAN: convolutions; a good first choice."""

    family: Literal["dcgan"] = "dcgan"
    image_size: int = _image_size(64, "32, 64, 128 or 256")
    batch_size: int = Field(128, ge=1, le=4096, description="Batch size: images per step")
    channels_last: bool = _CHANNELS_LAST


class StyleGan2Params(_PowerOfTwo):
    """Train a StyleGAN2: best image quality, slowest."""

    family: Literal["stylegan2"] = "stylegan2"
    image_size: int = _image_size(64, "32, 64, 128 or 256")
    batch_size: int = Field(32, ge=1, le=4096, description="Batch size: images per step")
    latent: int = Field(128, ge=2, le=1024, title="Latent dimension", description="Dimension of the latent vectors")
    learning_rate: float = Field(2e-3, gt=0, le=1, description="Adam's learning rate")
    ema_images: int = Field(10_000, ge=0, title="EMA half-life", description="EMA half-life of the generator in images")
    channels_last: bool = _CHANNELS_LAST
    channel_base: int = Field(
        4096, ge=128, le=32_768, description="Channel base: width of the networks (paper, 256 pixels: 16384)"
    )
    mapping_layers: int = Field(8, ge=1, le=8, description="Layers of the mapping network")
    r1: Annotated[float | None, Unset("by size and batch, as published")] = Field(
        None, ge=0, title="R1 weight", description="Weight of the R1 penalty"
    )
    adaptive: bool = Field(
        True, title="Adaptive augmentation", description="Adaptive discriminator augmentation (ADA), for small sets"
    )

    @model_validator(mode="after")
    def _averaged(self) -> Self:
        if not self.ema_images:
            self.ema_images = 10_000
        return self

    def network(self) -> dict[str, Any]:
        """Return what a checkpoint has to say."""
        return {**super().network(), "channel_base": self.channel_base, "mapping_layers": self.mapping_layers}


class CycleGanParams(GanParams):
    """Train a CycleGAN: it translates faces of A to B and of B to A."""

    family: Literal["cyclegan"] = "cyclegan"
    data: ExistingPath = Field(
        title="Data A",
        description="A: folder of images (all below it), a project, or a list of images (.txt, one a line)",
    )
    data_b: Annotated[Path | None, Pick.EITHER, Unset("A's, with --where-b")] = Field(
        None, title="Data B", description="B: the same", validate_default=True
    )
    where_b: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="B: only images of", description="The same for B, e.g. another group of one project"
    )
    image_size: int = _image_size(256, "a multiple of 4, at least 32")
    batch_size: int = Field(1, ge=1, le=4096, description="Batch size: images per step")
    decay_epoch: int | None = Field(
        100, ge=0, title="Decay from epoch", description="Epoch from which the learning rate falls to 0"
    )
    channels_last: bool = _CHANNELS_LAST
    blocks: int = Field(9, ge=1, le=16, title="Residual blocks", description="Residual blocks of each generator")
    features: int = Field(
        64, ge=4, le=256, title="Width", description="Channels of the first layer of all four networks (paper: 64)"
    )
    norm: Literal["instance", "none"] = Field(
        "instance",
        title="Normalisation",
        description="instance: as published; none: keeps each image's brightness and colours",
    )
    lambda_cycle: float = Field(10.0, ge=0, title="Cycle weight", description="Weight of the cycle-consistency loss")
    lambda_identity: float = Field(5.0, ge=0, title="Identity weight", description="Weight of the identity loss")
    identity_epochs: int = Field(0, ge=0, description="Epochs of identity loss only, before the other losses start")

    @field_validator("data_b")
    @classmethod
    def _absolute_b(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    _conditions_b = field_validator("where_b")(check_conditions)

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        if self.data_b is None and self.where_b:
            self.data_b = self.data
        if self.data_b is None:
            raise FieldError("data_b", tr("cyclegan needs two folders, or --where and --where-b of one project"))
        if self.image_size % 4 or self.image_size < 32:
            raise FieldError("image_size", tr("cyclegan's image size must be a multiple of 4, at least 32"))
        if self.identity_epochs >= self.epochs:
            raise FieldError("identity_epochs", tr("all epochs would train the identity loss only: give more --epochs"))
        return self

    def network(self) -> dict[str, Any]:
        """Return what a checkpoint has to say."""
        return {**super().network(), "norm": self.norm}


FAMILIES: dict[str, type[GanParams]] = {
    "gan": FullyConnectedParams,
    "identity-gan": IdentityGanParams,
    "dcgan": DcganParams,
    "stylegan2": StyleGan2Params,
    "cyclegan": CycleGanParams,
}


def gan_params(family: str, **values: Any) -> GanParams:
    """Build the parameters of a family by name. Raises `pydantic.ValidationError`."""
    return FAMILIES[family](family=family, **values)
