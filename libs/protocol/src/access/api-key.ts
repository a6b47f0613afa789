import { z } from 'zod';
import { scopes } from './scope.js';

/** Days that a key may live; ten years. */
const daysMax = 3650;

const name = z
  .string()
  .regex(/^[\x20-\x7e]{1,100}$/, 'expected 1 to 100 printable ASCII characters')
  .describe('Whose key it is, or what it is for. The audit log shows it.');
const scope = z
  .enum(scopes)
  .describe(
    'read: see everything. submit: also submit and steer runs. admin: also remove runs, and keys. worker: join.',
  );

/** Body of POST /v1/keys. */
export const newKeySchema = z.strictObject({
  name,
  scope,
  days: z.int().min(1).max(daysMax).exactOptional().describe('Days after which it expires; never if left out.'),
});
export type NewKey = z.output<typeof newKeySchema>;

const keyFields = {
  id: z.string(),
  name: z.string(),
  scope: z.enum(scopes),
  createdAt: z.string().nullable().describe('null for the key of TANDEM_API_KEY, and the one made at the first start.'),
  expiresAt: z.string().nullable().describe('null: never.'),
};

/** A key as it is listed. */
export const keyStatusSchema = z.strictObject({
  ...keyFields,
  expired: z.boolean(),
  lastUsedAt: z
    .string()
    .nullable()
    .describe('null: never, or not in the last minute before the coordinator was killed.'),
});
export type KeyStatus = z.output<typeof keyStatusSchema>;

/** Response of GET /v1/keys, in the order in which they were made. */
export const keyListSchema = z.strictObject({ keys: z.array(keyStatusSchema) });

/** Response of GET /v1/pool/key. */
export const poolKeySchema = z.strictObject({
  poolKey: z.string().describe('TANDEM_POOL_KEY of the coordinator, with which messages of the pool are signed.'),
});

/** Response of POST /v1/keys. */
export const madeKeySchema = z.strictObject({
  ...keyFields,
  key: z.string().describe('The key itself, shown only here: nothing but its hash is kept.'),
});
export type MadeKey = z.output<typeof madeKeySchema>;
