/** What a key of the API may do. `read`, `submit` and `admin` each include the one before; `worker` stands alone. */
export const scopes = ['read', 'submit', 'admin', 'worker'] as const;
export type Scope = (typeof scopes)[number];

const included: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  submit: ['read', 'submit'],
  admin: ['read', 'submit', 'admin'],
  worker: ['worker'],
};

/** Every scope that a key of this scope has. */
export function scopesOf(scope: Scope): readonly Scope[] {
  return included[scope];
}
