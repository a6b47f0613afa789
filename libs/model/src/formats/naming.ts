import type { TensorPart } from './tensor-part.js';

/** The names that the tools which share a model use for its tensors. */
export interface Naming {
  /** What people call it. */
  readonly title: string;
  /** Is this a name that only this naming gives? */
  owns(tensor: string): boolean;
  /**
   * The tensors that hold the parameter of our name, which is open_clip's. Each list is one way in which files are
   * found to hold it; the first is the way in which it is written. Empty if the naming has no place for the parameter.
   */
  ways(parameter: string): readonly (readonly TensorPart[])[];
  /** Is this a tensor that comes along with the parameters and follows from the config? */
  isDerived(tensor: string): boolean;
}
