/** Initial value of logit_scale, the logarithm of the similarities' factor: ln(1/0.07). Source: CLIP §2.5. */
export const initialLogitScale = Math.log(1 / 0.07);

/** Largest logit_scale: logits are never multiplied by more than 100. Source: CLIP §2.5. */
export const largestLogitScale = Math.log(100);

/** Clamps logit_scale to [0, ln 100], as is done after every update. Source: open_clip, train.py. */
export function clampLogitScale(logitScale: number): number {
  return Math.min(Math.max(logitScale, 0), largestLogitScale);
}
