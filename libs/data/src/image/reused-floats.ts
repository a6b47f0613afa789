/**
 * Memory for the intermediate values of one synchronous computation, used again by the next: touching fresh memory
 * costs more here than computing on it. What comes back holds at least `count` floats, of any value.
 */
export function reusedFloats(): (count: number) => Float32Array {
  let memory = new Float32Array(0);
  return (count) => {
    if (memory.length < count) memory = new Float32Array(count);
    return memory;
  };
}
