"""Errors named by what the handler must do; anything else is a bug and may crash with a trace."""


class PipelineError(Exception):
    """A refusal of ours: one clear sentence that says what, where and what to do."""


class UsageError(PipelineError):
    """The request cannot be right; a person must change it. Never retried."""


class UnknownPartitionError(UsageError):
    """A run asks for a partition that does not exist: it did nothing, so nothing is to mend."""


class DatabaseUnavailableError(PipelineError):
    """PostgreSQL cannot be reached or entered; a later retry may succeed."""


class EngineUnavailableError(PipelineError):
    """The cluster that computes cannot be reached or gave up; a later retry may succeed."""


class SchemaMismatchError(PipelineError):
    """The database is not at the schema this code speaks; migrate or upgrade first."""


class ContractError(PipelineError):
    """Data breaks its contract; nothing was published. Never retried: the data must change."""


class MissingPartitionError(PipelineError):
    """A partition that is read here has not been published; materialize it first."""


class CorruptPartitionError(PipelineError):
    """A published file is missing or changed behind the pipeline's back; re-ingest the day."""


class UnexplainedLossError(PipelineError):
    """Rows are gone from the source and nothing tells of their deletion; a person must decide."""


class RetiredRowsError(PipelineError):
    """Raw rows were removed by retention, and a recompute would publish less than there was."""


class PartitionLockedError(PipelineError):
    """Another run works on the same partition; retry when it is done."""


class SupersededWriterError(PipelineError):
    """A newer run has taken over this partition; this one must not publish."""


class ErasureUnfinishedError(PipelineError):
    """An erased account is in the database still or again; the erasure must be applied first."""


class StorageError(PipelineError):
    """The lake cannot be written (disk full, read-only); published data is untouched."""


class BackupFailedError(PipelineError):
    """A backup could not be made; older ones are untouched."""


class BrokenBackupError(PipelineError):
    """A backup is damaged, or does not restore to what was backed up; take and prove another."""


class UnexplainedDifferenceError(PipelineError):
    """Published numbers, files or counters differ, and nothing explains it; a person must look."""


class HeldDayError(PipelineError):
    """A check refused the numbers of a day, and no report may show them; repair and run it."""


class RunFailedError(PipelineError):
    """A run ended in a failure; the message is that of the step that failed."""


class DeliveryStoppedError(PipelineError):
    """The mail server, or a published day, cannot be used; what is queued goes out later."""
