"""Parameters of training a recogniser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from fairdesk.dataset.params import parse_shares
from fairdesk.faces.params import NAMES, TORCHVISION, backbone_name, existing_path
from fairdesk.jobs.fields import Endings, ExistingPath, NewFile, NewFolder, Offer, Pick, Suggest, Unset
from fairdesk.jobs.params import JobParams
from fairdesk.project.conditions import HELP, check_conditions
from fairdesk.words import tr

BACKBONES = (
    *NAMES,
    *(TORCHVISION + name for name in ("resnet18", "resnet50", "mobilenet_v3_small", "efficientnet_b0", "vit_b_16")),
)


class RecogniserParams(JobParams):
    """Train a face recogniser, with the error rates of every group on unseen identities."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Data": ("where", "crop", "validation", "augment", "synthetic"),
        "Network": ("width", "head", "scale", "margin", "classes_share", "start"),
        "Mitigation": ("sampling", "reweight", "group_margins", "margins", "synthetic_ratio"),
        "Training": (
            "optimizer", "learning_rate", "weight_decay", "schedule", "warmup", "accumulate", "patience", "seed",
        ),
        "Evaluation and checkpoints": (
            "evaluate_every", "evaluate_on", "images_of_lists", "overlap", "checkpoint_every",
        ),
        "Device": ("device", "devices", "precision", "deterministic", "resume"),
    }  # fmt: skip
    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {
        "margin": ("head", ("arcface", "cosface", "combined", "adaface")),
        "margins": ("group_margins", ("fixed",)),
        "synthetic_ratio": ("synthetic", ("use",)),
    }
    data: ExistingPath = Field(description="Folder of group/identity/image, an archive, or a project")
    out: NewFolder = Field(title="Output", description="Folder of the run")
    only_set: Annotated[str | None, Offer.SET] = Field(
        None, alias="set", title="Set", description="Only images of this set"
    )
    where: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="Only images of", description="Only images of a project that match: " + HELP
    )
    backbone: Annotated[str, Suggest(BACKBONES)] = Field(
        "mbf",
        description="mbf: MobileFaceNet; r18 to r100: IResNet of that depth; torchvision:NAME: one of its classifiers",
    )
    width: int = Field(2, ge=1, le=4, title="Width multiplier", description="mbf: width multiplier (arcface_torch: 2)")
    head: Literal["arcface", "cosface", "combined", "adaface", "softmax"] = Field(
        "arcface", description="arcface, cosface, adaface or combined margins, or none (softmax)"
    )
    classes_share: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Partial FC share",
        description="Partial FC: share of class centres sampled per step, for many identities (An et al., CVPR 2022)",
    )
    scale: float = Field(64.0, gt=0, le=256, description="Scale of the cosines (s)")
    margin: float | None = Field(None, ge=0, le=1.5, description="Margin (arcface .5, cosface .4, adaface .4)")
    crop: Literal["auto", "align", "whole"] = Field(
        "auto",
        description="align: detect and align the face; whole: images are already aligned crops; auto: whole if all are 112 x 112",
    )
    validation: float = Field(
        0.2,
        ge=0,
        lt=1,
        title="Held-out share",
        description="Share of each group's identities held out to measure error rates",
    )
    sampling: Literal["plain", "identity", "group"] = Field(
        "plain",
        description="Mitigation. Sample images uniformly, every identity equally often (class-aware sampling; Shen et al., ECCV 2016), "
        "or every group equally often (as in BUPT-Balancedface; Wang and Deng, CVPR 2020)",
    )
    reweight: bool = Field(
        False,
        title="Reweight loss",
        description="Mitigation. Weight the loss by inverse group frequency ( the limit of Cui et al., CVPR 2019)",
    )
    group_margins: Literal["none", "fixed", "adaptive"] = Field(
        "none",
        description="Mitigation. Margins by group: fixed as given (larger for the rare, as Cao et al., NeurIPS 2019), or adaptive "
        "(larger for groups behind; after RL-RBN, Wang and Deng, CVPR 2020)",
    )
    margins: str | None = Field(None, title="Fixed margins", description="Fixed margins, as GROUP=MARGIN,GROUP=MARGIN")
    epochs: int = Field(20, ge=1, le=10_000, description="Passes over all images")
    batch_size: int = Field(64, ge=2, le=4096, description="Batch size: images per step")
    accumulate: int = Field(
        1,
        ge=1,
        le=256,
        title="Gradient accumulation steps",
        description="Compute each batch in this many parts, to need less memory",
    )
    devices: int = Field(1, ge=1, le=64, description="GPUs (or CPU processes) of this machine that share each batch")
    optimizer: Literal["sgd", "adamw"] = Field("sgd", description="SGD (momentum .9) or AdamW")
    learning_rate: float = Field(0.05, gt=0, le=10, description="Peak learning rate")
    weight_decay: float = Field(5e-4, ge=0, le=1, description="Weight decay")
    schedule: Literal["polynomial", "cosine", "step"] = Field(
        "polynomial", description="Learning rate schedule after the warm-up"
    )
    warmup: float = Field(0.05, ge=0, lt=1, title="Warm-up", description="Warm-up as a share of all steps")
    augment: bool = Field(
        True, title="Augmentation", description="Augment: horizontal flip, slight brightness and colour jitter"
    )
    evaluate_every: int = Field(0, ge=0, description="Batches between evaluations (0: every epoch)")
    start: Annotated[Path | None, Pick.FILE] = Field(
        None, title="Initial weights", description="Backbone weights to fine-tune from (.pt, .pth, .safetensors)"
    )
    synthetic: Literal["leave-out", "use"] = Field(
        "leave-out", title="Synthetic images", description="Images marked synthetic"
    )
    synthetic_ratio: float | None = Field(
        None,
        gt=0,
        lt=1,
        title="Synthetic share",
        description="Mitigation. Share of synthetic images in an epoch (mixed with real ones, as Qiu et al., ICCV 2021; "
        "default: as many as there are)",
    )
    evaluate_on: Annotated[list[Path] | None, Pick.FILE] = Field(
        None,
        title="Evaluate on",
        description="Pair lists (csv, `path1 path2 1`, LFW's pairs.txt) or InsightFace's .bin, as additional evaluations",
    )
    images_of_lists: Annotated[Path | None, Pick.FOLDER] = Field(
        None, title="Images of the lists", description="Root folder of the lists' images"
    )
    overlap: Literal["refuse", "leave-out", "allow"] = Field(
        "refuse",
        title="Identity overlap",
        description="Identities of the lists that are also in the training set: refuse to train, leave them out, or allow them",
    )
    seed: int = Field(1, ge=0, description="Random seed; the same seed gives the same run (on the CPU)")
    checkpoint_every: int = Field(
        0, ge=0, description="Epochs between saved checkpoints; 0 saves only the best and the last"
    )
    patience: int = Field(
        0, ge=0, title="Early stopping patience", description="Early stopping: epochs without a better EER; 0: off"
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="auto: bf16 on a GPU that has it, else fp32"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Compute device")
    deterministic: bool = Field(False, description="Deterministic algorithms only, also on a GPU (slower)")
    resume: bool = Field(False, description="Resume the run in that folder")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _there = field_validator("start", "images_of_lists")(existing_path)
    _known = field_validator("backbone")(backbone_name)
    _conditions = field_validator("where")(check_conditions)

    @field_validator("data", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("evaluate_on")
    @classmethod
    def _lists(cls, value: list[Path] | None) -> list[Path] | None:
        for path in value or []:
            existing_path(path)
        return None if value is None else [path.expanduser().absolute() for path in value]

    @field_validator("margins")
    @classmethod
    def _margins(cls, value: str | None) -> str | None:
        if value is not None:
            parse_shares(value)
        return value

    @model_validator(mode="after")
    def _together(self) -> RecogniserParams:
        if (self.group_margins == "fixed") != (self.margins is not None):
            raise ValueError(tr("fixed group margins need --margins GROUP=MARGIN,...; the others take none"))
        if self.synthetic_ratio is not None and self.synthetic != "use":
            raise ValueError(tr("a synthetic ratio needs --synthetic use"))
        if self.classes_share < 1 and self.optimizer != "sgd":
            raise ValueError(tr("sampled classes need --optimizer sgd"))
        if self.group_margins != "none" and self.head == "softmax":
            raise ValueError(tr("softmax has no margin, so there is none by group"))
        return self

    @property
    def base_margin(self) -> float:
        """The margin in use."""
        return self.margin if self.margin is not None else {"arcface": 0.5, "combined": 0.3}.get(self.head, 0.4)

    def by_group(self) -> dict[str, float]:
        """Fixed margins by group."""
        return parse_shares(self.margins) if self.margins else {}


class ExportModelParams(JobParams):
    """Export a trained network as ONNX (verified against PyTorch) or safetensors."""

    run: Annotated[ExistingPath, Offer.RUN] = Field(
        description="A run's folder, one of its checkpoints, or another program's weights"
    )
    out: Annotated[NewFile, Endings((".onnx", ".safetensors"))] = Field(
        title="Output", description="File to write: .onnx or .safetensors"
    )
    direction: Literal["AtoB", "BtoA"] = Field("AtoB", description="Which generator of a CycleGAN")
    check: Annotated[Path | None, Pick.FOLDER, Unset("those it was trained on")] = Field(
        None, title="Verification faces", description="Folder of faces for the verification"
    )

    _there = field_validator("run", "check")(existing_path)

    @field_validator("run", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()
