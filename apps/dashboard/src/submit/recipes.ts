import fromWeights from '../../../../recipes/small-from-weights.yaml?raw';
import large from '../../../../recipes/large.yaml?raw';
import small from '../../../../recipes/small.yaml?raw';

/** Run documents to begin with, as `tandem train --recipe` writes them. */
export const recipes = {
  small: { title: 'Small data, from nothing', text: small },
  'small-from-weights': { title: 'Small data, from trained weights', text: fromWeights },
  large: { title: 'Large data, on a pool', text: large },
} as const;
export type RecipeName = keyof typeof recipes;
