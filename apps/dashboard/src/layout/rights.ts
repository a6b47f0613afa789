import { createContext } from 'preact';
import type { Scope } from '#protocol/access/scope.js';

/** What the key that was logged in with allows. */
export interface RightsOfUser {
  readonly maySubmit: boolean;
  readonly mayAdminister: boolean;
}

export function rightsOf(scopes: readonly Scope[]): RightsOfUser {
  return { maySubmit: scopes.includes('submit'), mayAdminister: scopes.includes('admin') };
}

export const Rights = createContext<RightsOfUser>({ maySubmit: false, mayAdminister: false });
