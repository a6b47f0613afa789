import fc from 'fast-check';

/** The parts of JSON Schema that the API's description uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** Longer texts and lists than these find nothing more, and take their time. */
const [textMax, listMax] = [20, 3];

/** Values that a schema allows. `find` resolves its references. */
export function valuesOf(schema: JsonSchema, find: (reference: string) => JsonSchema): fc.Arbitrary<unknown> {
  const of = (inner: JsonSchema): fc.Arbitrary<unknown> => valuesOf(inner, find);
  if (schema.$ref !== undefined) return of(find(schema.$ref));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return fc.oneof(...alternatives.map(of));
  switch (schema.type) {
    case 'string':
      return textsOf(schema);
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e6), max: Math.min(schema.maximum ?? 1e6, 1e6) });
    case 'number': {
      const [min, max] = [schema.minimum ?? schema.exclusiveMinimum ?? 0, schema.maximum ?? schema.exclusiveMaximum];
      return fc.double({
        min,
        max: max ?? 1e6,
        noNaN: true,
        minExcluded: schema.exclusiveMinimum !== undefined,
        maxExcluded: schema.exclusiveMaximum !== undefined,
      });
    }
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const least = schema.minItems ?? 0;
      const maxLength = Math.min(schema.maxItems ?? Infinity, Math.max(least, listMax));
      return fc.array(schema.items ? of(schema.items) : fc.jsonValue(), { minLength: least, maxLength });
    }
    case 'object': {
      const members = Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, of(inner)] as const);
      return fc.record(Object.fromEntries(members), { requiredKeys: [...(schema.required ?? [])] });
    }
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function textsOf({ pattern, minLength = 0, maxLength = textMax }: JsonSchema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, textMax)) });
}
