/*
 * How much of what comes from outside is read. Every limit is far beyond what real files need and far below what would hurt the process
 * that reads them. A refusal says the limit, what came and what to do.
 */

const MiB = 2 ** 20;

/** A document that a person writes: a run document or a model's config, as YAML or JSON. The largest real ones have some 4 KiB. */
export const documentBytesMax = 1 * MiB;
/** Maps and lists inside one another in a document. Real ones have 5. */
export const documentDepthMax = 32;
/** Values in a document, each map and list counted as one more; what an alias repeats counts each time. */
export const documentValuesMax = 10_000;
