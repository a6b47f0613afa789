/** The parts of JSON Schema that the schema of run documents uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number | boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** The schema of the key at a path, such as `['optimizer', 'learningRate']`. */
export function schemaAt(schema: JsonSchema, path: readonly string[]): JsonSchema {
  return path.reduce<JsonSchema>((at, key) => at.properties?.[key] ?? {}, schema);
}

/** Is the last key of the path one that every document must have? */
export function isRequired(schema: JsonSchema, path: readonly string[]): boolean {
  const [key, parent] = [path.at(-1)!, schemaAt(schema, path.slice(0, -1))];
  return parent.required?.includes(key) ?? false;
}

/** The document of all keys that have a default. */
export function defaultsOf(schema: JsonSchema): unknown {
  if (schema.properties === undefined) return schema.default;
  const inner = Object.entries(schema.properties).map(([key, own]) => [key, defaultsOf(own)] as const);
  return Object.fromEntries(inner.filter(([, value]) => value !== undefined && !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
