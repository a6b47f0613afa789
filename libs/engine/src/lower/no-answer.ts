/**
 * The first output of a model whose other outputs are all written to memory that is given: a sequence, of which
 * onnxruntime-node can make no array (see runInPlace).
 */
export const noAnswer = 'no answer';
