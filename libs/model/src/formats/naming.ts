import type { TensorPart } from './tensor-part.js';

/** How the tools that share a model call its tensors. */
export interface Naming {
  /** As people call it. */
  readonly title: string;
  /** Is this a name that only this naming gives? */
  owns(tensor: string): boolean;
  /**
   * The tensors that hold the parameter of our name, which is open_clip's: one list for each way that is met, the way
   * it is written first; none where the naming has no place for it.
   */
  ways(parameter: string): readonly (readonly TensorPart[])[];
  /** Tensors that come along with the parameters and follow from the config. */
  isDerived(tensor: string): boolean;
}
