/*
 * How much of what comes from outside is read. Every limit is far beyond what real files need and far below what would
 * hurt the process that reads them. A refusal says the limit, what came and what to do.
 */

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/**
 * A document that a person writes: a run document or a model's config, as YAML or JSON. The largest real ones have some
 * 4 KiB.
 */
export const documentBytesMax = 1 * MiB;
/** Maps and lists inside one another in a document. Real ones have 5. */
export const documentDepthMax = 32;
/** Values in a document, each map and list counted as one more; what an alias repeats counts each time. */
export const documentValuesMax = 10_000;
/**
 * Words, marks and spaces of a document in YAML, comments among them: what it takes to write down as many values,
 * several times over.
 */
export const documentLexemesMax = 200_000;

/** A caption in UTF-8. Models read some 77 tokens of it; a page of a book has 3 KiB. */
export const captionBytesMax = 64 * KiB;
/** Captions of one image. */
export const imageCaptionsMax = 1000;
/** A .json or .txt file beside an image, on disk or in a tar: also, all captions of one image together. */
export const sidecarBytesMax = 1 * MiB;
/** The group of a pair: a class of a zero-shot evaluation. */
export const groupBytesMax = 1 * KiB;
/** A row of a table, its heading among them. */
export const tableRecordBytesMax = 1 * MiB;
/** An image's file, before it is decoded; how many pixels it may have is imagePixelsMax. */
export const imageFileBytesMax = 64 * MiB;
/** Files of one sample of a tar: img2dataset writes 3. */
export const tarSampleMembersMax = 64;
/**
 * The name of a file in a tar; no file system has longer ones. (Headers before it, with attributes, have a limit in
 * tar-stream: 4 MiB.)
 */
export const tarNameLengthMax = 4096;

/** dataset.json: some 400 bytes a shard of 64 MiB. */
export const datasetManifestBytesMax = 64 * MiB;
/** The index of a shard; one that is written is closed at half of this. */
export const shardIndexBytesMax = 64 * MiB;
/** groups.json: some 7 bytes a pair. */
export const datasetGroupsBytesMax = 256 * MiB;

/** manifest.json of a checkpoint: some 200 bytes a blob. */
export const checkpointManifestBytesMax = 1 * MiB;
/** A tokenizer.json: that of CLIP on Hugging Face has 2 MiB. */
export const tokenizerBytesMax = 16 * MiB;
/** model.safetensors.index.json: some 100 bytes a tensor. */
export const weightsIndexBytesMax = 16 * MiB;

/** Files that it shares the tensors out among. */
export const weightsFilesMax = 256;

/** The header of a safetensors file: some 120 bytes a tensor. (The format allows 100 MB.) */
export const safetensorsHeaderBytesMax = 16 * MiB;
/** Tensors of a safetensors file. The largest CLIP has some 2,000. */
export const safetensorsTensorsMax = 100_000;
/** Dimensions of a tensor. */
export const tensorDimensionsMax = 16;
/** The table of a zip archive, as torch.save writes: some 100 bytes a tensor. */
export const zipTableBytesMax = 16 * MiB;
/** Entries of a zip archive. */
export const zipEntriesMax = 100_000;
/** The pickle in it. */
export const pickleBytesMax = 64 * MiB;
/** Its instructions: each tensor takes some 50. */
export const pickleOpcodesMax = 1_000_000;

/** Problems of a document that its refusal names; of the rest it says how many there are. */
export const problemsShownMax = 20;

/** status.json of a run: its document, and a line for each evaluation. */
export const runStatusBytesMax = 16 * MiB;
/** A file that holds a secret. */
export const secretBytesMax = 64 * KiB;
