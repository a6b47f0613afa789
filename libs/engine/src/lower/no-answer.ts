/**
 * Name of the extra first output of a model whose caller gives memory for all other outputs. It is a sequence, which
 * onnxruntime-node cannot turn into an array (see runInPlace).
 */
export const noAnswer = 'no answer';
