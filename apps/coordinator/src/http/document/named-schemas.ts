import type { SwaggerDocumentOptions } from '@nestjs/swagger';
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;
type Io = 'input' | 'output';
type StandardSchemaConverter = NonNullable<SwaggerDocumentOptions['standardSchemaConverter']>;

const definitions = '#/$defs/';
const components = '#/components/schemas/';

/**
 * Converts schemas to JSON Schema, where those of `names` are references to components. What a named schema takes may
 * differ from what it gives, by its defaults; so both get a name of their own, until `withPlainNames`.
 */
export function namingConverter(names: ReadonlyMap<z.ZodType, string>): StandardSchemaConverter {
  const registry = namedRegistry(names);
  return (schema, { schemaType: io }) => {
    if (!(schema instanceof z.ZodType)) return undefined;
    const { $defs = {}, $schema: _, ...root } = z.toJSONSchema(schema, { io, metadata: registry }) as Json;
    const named = Object.entries($defs as Json).map(([name, body]) => [`${name}.${io}`, referring(body, io)] as const);
    return { schema: referring(root, io), components: Object.fromEntries(named) as Record<string, Json> };
  };
}

/** zod reads descriptions from its own registry, and from this one also the names. */
function namedRegistry(names: ReadonlyMap<z.ZodType, string>): typeof z.globalRegistry {
  const registry = z.registry<z.GlobalMeta>();
  registry.get = (schema) => {
    const meta = z.globalRegistry.get(schema);
    const id = names.get(schema as unknown as z.ZodType);
    return id === undefined ? meta : { ...meta, id };
  };
  registry.has = (schema) => registry.get(schema) !== undefined;
  return registry;
}

/** A schema with its references to components, and without what generators of clients trip over. */
function referring(schema: unknown, io: Io): Json {
  return mapObjects(schema, (bare) => {
    const object = withoutTexts(bare, ['id', 'title']);
    const { $ref, default: fallback } = object;
    const reference = typeof $ref === 'string' && $ref.startsWith(definitions) ? $ref.slice(definitions.length) : '';
    return {
      ...withoutTuple(withoutObjectDefault(object, fallback)),
      ...(reference !== '' && { $ref: `${components}${reference}.${io}` }),
    };
  }) as Json;
}

/** A schema has its name in its reference; a title would be a second one. */
function withoutTexts(object: Json, keys: readonly string[]): Json {
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => typeof value !== 'string' || !keys.includes(key)),
  );
}

/** Generators of clients leave out endpoints whose bodies have a default that is an object: here people read it. */
function withoutObjectDefault(object: Json, fallback: unknown): Json {
  if (typeof fallback !== 'object' || fallback === null || Array.isArray(fallback)) return object;
  const { default: _, ...rest } = object;
  if (Object.keys(fallback).length === 0) return rest;
  const said = typeof rest['description'] === 'string' ? `${rest['description']} ` : '';
  return { ...rest, description: `${said}Default: ${JSON.stringify(fallback)}` };
}

/** Generators of clients do not know what holds of each place of a list: here all places have one schema. */
function withoutTuple(object: Json): Json {
  const { prefixItems, items, ...rest } = object;
  if (!Array.isArray(prefixItems)) return object;
  const different = [...new Map(prefixItems.map((item) => [JSON.stringify(item), item as unknown])).values()];
  const item = different.length === 1 ? different[0] : { anyOf: different };
  return {
    ...rest,
    items: item,
    minItems: prefixItems.length,
    ...(items === false && { maxItems: prefixItems.length }),
  };
}

/**
 * Names each component of a document as people call it: `Data` where what is taken is what is given, else `Data` for
 * what is taken and `ResolvedData` for what is given.
 */
export function withPlainNames(document: unknown): unknown {
  const schemas = (document as { components: { schemas: Readonly<Record<string, unknown>> } }).components.schemas;
  const plain = plainNames(schemas);
  const renamed = mapObjects(document, (object) => {
    const { $ref } = object;
    if (typeof $ref !== 'string' || !$ref.startsWith(components)) return object;
    return {
      ...object,
      $ref: `${components}${plain.get($ref.slice(components.length)) ?? $ref.slice(components.length)}`,
    };
  }) as { components: { schemas: Readonly<Record<string, unknown>> } };
  const entries = Object.entries(renamed.components.schemas).map(([name, body]) => [plain.get(name)!, body] as const);
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return { ...renamed, components: { ...renamed.components, schemas: Object.fromEntries(entries) } };
}

function plainNames(schemas: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const texts = new Map(Object.entries(schemas).map(([name, body]) => [name, JSON.stringify(body)]));
  const bare = (name: string): string => name.replace(/\.(input|output)$/, '');
  const both = [...texts.keys()].map(bare).filter((name) => texts.has(`${name}.input`) && texts.has(`${name}.output`));
  const neutral = (text = ''): string => text.replaceAll(/\.(input|output)"/g, '"');
  const differ = new Set(
    both.filter((name) => neutral(texts.get(`${name}.input`)) !== neutral(texts.get(`${name}.output`))),
  );
  // What refers to something that differs, differs too.
  for (let before = -1; before !== differ.size;) {
    before = differ.size;
    for (const name of both)
      if ([...differ].some((one) => texts.get(`${name}.output`)!.includes(`/${one}.output"`))) differ.add(name);
  }
  return new Map(
    [...texts.keys()].map((name) => {
      const isGiven = name.endsWith('.output') && differ.has(bare(name));
      return [name, isGiven ? `Resolved${bare(name)}` : bare(name)];
    }),
  );
}

/** Every object of a JSON value changed, the innermost first. */
function mapObjects(value: unknown, change: (object: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((item) => mapObjects(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapObjects(item, change)])));
}
