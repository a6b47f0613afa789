/*
 * Limits on input from outside the process. Each is far above what real files need and far below what would hurt the
 * process that reads them. An error about a limit states the limit, the actual size and what to do.
 */

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/**
 * A document written by a person: a run document or a model config, as YAML or JSON. The largest real ones have about 4
 * KiB.
 */
export const documentBytesMax = 1 * MiB;
/** Nesting depth of maps and lists in a document. Real ones reach 5. */
export const documentDepthMax = 32;
/** Values in a document. Every map and list counts as one more, and a YAML alias counts every time it is used. */
export const documentValuesMax = 10_000;
/**
 * Tokens of a YAML document: words, punctuation, white space and comments. Writing down `documentValuesMax` values
 * takes several times fewer.
 */
export const documentLexemesMax = 200_000;

/** A caption in UTF-8. Models read about 77 tokens of it; a page of a book has 3 KiB. */
export const captionBytesMax = 64 * KiB;
/** Captions of one image. */
export const imageCaptionsMax = 1000;
/**
 * A .json or .txt file beside an image, on disk or in a tar. The same limit holds for all captions of one image
 * together.
 */
export const sidecarBytesMax = 1 * MiB;
/** The name of a group, for example a class of a zero-shot evaluation. */
export const groupBytesMax = 1 * KiB;
/** A row of a CSV or TSV table; the heading is a row too. */
export const tableRecordBytesMax = 1 * MiB;
/** An image file before it is decoded. The number of pixels has its own limit, imagePixelsMax. */
export const imageFileBytesMax = 64 * MiB;
/** An image that is sent to the coordinator to be classified. A photograph of 50 megapixels has about 12 MiB. */
export const sentImageBytesMax = 16 * MiB;
/** Labels of such a request. */
export const sentLabelsMax = 200;
/** Files that belong to one sample in a tar. img2dataset writes 3. */
export const tarSampleMembersMax = 64;
/**
 * Length of a file name in a tar; no file system has longer ones. Extended headers before a file are limited to 4 MiB
 * by tar-stream itself.
 */
export const tarNameLengthMax = 4096;

/** dataset.json: about 400 bytes for each shard of 64 MiB. */
export const datasetManifestBytesMax = 64 * MiB;
/** The index of a shard. The writer starts a new shard at half of this. */
export const shardIndexBytesMax = 64 * MiB;
/** groups.json: about 7 bytes per pair. */
export const datasetGroupsBytesMax = 256 * MiB;

/** manifest.json of a checkpoint: about 200 bytes per blob. */
export const checkpointManifestBytesMax = 1 * MiB;
/** A tokenizer.json. CLIP's on Hugging Face has 2 MiB, one of a million tokens ten times that. */
export const tokenizerBytesMax = 64 * MiB;
/** model.safetensors.index.json: about 100 bytes per tensor. */
export const weightsIndexBytesMax = 16 * MiB;

/** Files that such an index may name. */
export const weightsFilesMax = 256;

/** The header of a safetensors file: about 120 bytes per tensor. (The format allows 100 MB.) */
export const safetensorsHeaderBytesMax = 16 * MiB;
/** Tensors of a safetensors file. The largest CLIP has about 2,000. */
export const safetensorsTensorsMax = 100_000;
/** Dimensions of a tensor. */
export const tensorDimensionsMax = 16;
/** The central directory of a zip archive, as torch.save writes one: about 100 bytes per tensor. */
export const zipTableBytesMax = 16 * MiB;
/** Entries of a zip archive. */
export const zipEntriesMax = 100_000;
/** The pickle in an archive of torch.save. */
export const pickleBytesMax = 64 * MiB;
/** Instructions of that pickle. Each tensor takes about 50. */
export const pickleOpcodesMax = 1_000_000;
/** Values of a tensor that torch.save stored fewer times than it has them, as `expand` gives: 64 MiB of float32. */
export const expandedValuesMax = 2 ** 24;

/** Problems that an error about a document lists. Beyond these it only says how many more there are. */
export const problemsShownMax = 20;

/** status.json of a run: its document, and an entry for each evaluation. */
export const runStatusBytesMax = 16 * MiB;
/** The index of ended runs, of about 200 bytes for each. */
export const endedRunsIndexBytesMax = 64 * MiB;
/** The events of a run, which are at most 500. */
export const eventLogBytesMax = 16 * MiB;
/** A file that holds a secret. */
export const secretBytesMax = 64 * KiB;
