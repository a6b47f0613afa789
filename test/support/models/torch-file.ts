/*
 * Writes files as torch.save does, byte by byte: a zip archive, not compressed, of a pickle of protocol 2 and one file
 * per storage. Source: PyTorch, torch/serialization.py; Python, Lib/pickletools.py; PKWARE APPNOTE.TXT §4.3.
 */

/** Pickle instructions that leave one value on the stack. */
export type Pickled = Buffer;

const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const u16 = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer);
const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

export const pickled = {
  string: (text: string): Pickled => Buffer.concat([Buffer.from('X'), u32(Buffer.byteLength(text)), Buffer.from(text)]),
  int: (value: number): Pickled => Buffer.concat([Buffer.from('J'), u32(value >>> 0)]),
  float: (value: number): Pickled =>
    Buffer.concat([Buffer.from('G'), Buffer.from(Float64Array.of(value).buffer).reverse()]),
  none: Buffer.from('N'),
  false: Buffer.from([0x89]),
  tuple: (...items: readonly Pickled[]): Pickled => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  list: (...items: readonly Pickled[]): Pickled => Buffer.concat([Buffer.from(']('), ...items, Buffer.from('e')]),
  global: (module: string, name: string): Pickled => Buffer.from(`c${module}\n${name}\n`),
  call: (callable: Pickled, ...args: readonly Pickled[]): Pickled =>
    Buffer.concat([callable, pickled.tuple(...args), Buffer.from('R')]),
  dict: (entries: Readonly<Record<string, Pickled>>): Pickled =>
    Buffer.concat([Buffer.from('}('), ...items(entries), Buffer.from('u')]),
  /** Has the attribute `_metadata`, as the result of module.state_dict() does. */
  orderedDict: (entries: Readonly<Record<string, Pickled>>): Pickled =>
    Buffer.concat([
      emptyOrderedDict(),
      Buffer.from('('),
      ...items(entries),
      Buffer.from('u'),
      pickled.dict({ _metadata: emptyOrderedDict() }),
      Buffer.from('b'),
    ]),
  storage: (type: string, key: string, length: number): Pickled =>
    Buffer.concat([
      pickled.tuple(
        pickled.string('storage'),
        pickled.global('torch', type),
        pickled.string(key),
        pickled.string('cpu'),
        pickled.int(length),
      ),
      Buffer.from('Q'),
    ]),
  tensor: (
    storage: Pickled,
    shape: readonly number[],
    { strides = stridesOf(shape), offset = 0 }: { readonly strides?: readonly number[]; readonly offset?: number } = {},
  ): Pickled =>
    pickled.call(
      pickled.global('torch._utils', '_rebuild_tensor_v2'),
      storage,
      pickled.int(offset),
      pickled.tuple(...shape.map(pickled.int)),
      pickled.tuple(...strides.map(pickled.int)),
      pickled.false,
      emptyOrderedDict(),
    ),
  parameter: (tensor: Pickled): Pickled =>
    pickled.call(pickled.global('torch._utils', '_rebuild_parameter'), tensor, Buffer.from([0x88]), emptyOrderedDict()),
};

export interface TorchFile {
  readonly root: Pickled;
  readonly storages?: Readonly<Record<string, Uint8Array>>;
  /** Archive entries in addition to the default ones, or in place of them. */
  readonly entries?: Readonly<Record<string, Uint8Array>>;
  readonly wide?: boolean;
}

export function torchFile({ root, storages = {}, entries = {}, wide = false }: TorchFile): Buffer {
  const data = Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes] as const);
  return zipFile(
    {
      'archive/data.pkl': Buffer.concat([Buffer.from([0x80, 2]), root, Buffer.from('.')]),
      'archive/byteorder': Buffer.from('little'),
      ...Object.fromEntries(data),
      'archive/version': Buffer.from('3\n'),
      ...entries,
    },
    { wide },
  );
}

/** A zip archive without compression. `wide`: with the fields of zip64. */
export function zipFile(
  files: Readonly<Record<string, Uint8Array>>,
  {
    wide = false,
    method = 0,
    flags = 0,
  }: { readonly wide?: boolean; readonly method?: number; readonly flags?: number } = {},
): Buffer {
  const [local, table]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const padding = Buffer.alloc((64 - ((offset + 34 + name.length) % 64)) % 64); // torch.save aligns data to 64 bytes.
    const common = Buffer.concat([
      u16(flags),
      u16(method),
      u32(0),
      u32(0),
      u32(bytes.byteLength),
      u32(bytes.byteLength),
      u16(name.length),
    ]);
    const header = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      u16(45),
      common,
      u16(4 + padding.length),
      Buffer.from(name),
      Buffer.from('FB'),
      u16(padding.length),
      padding,
    ]);
    const full = u32(0xffffffff);
    const wideCommon = Buffer.concat([common.subarray(0, 12), full, full, common.subarray(20)]);
    const wideExtra = Buffer.concat([u16(1), u16(24), u64(bytes.byteLength), u64(bytes.byteLength), u64(offset)]);
    const extra = wide ? wideExtra : Buffer.alloc(0);
    table.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02'),
        u16(45),
        u16(45),
        wide ? wideCommon : common,
        u16(extra.length),
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        wide ? full : u32(offset),
        Buffer.from(name),
        extra,
      ]),
    );
    local.push(header, Buffer.from(bytes));
    offset += header.length + bytes.byteLength;
  }
  const listed = Buffer.concat(table);
  const count = Object.keys(files).length;
  const end64 = Buffer.concat([
    Buffer.from('PK\x06\x06'),
    u64(44),
    u16(45),
    u16(45),
    u32(0),
    u32(0),
    u64(count),
    u64(count),
    u64(listed.length),
    u64(offset),
  ]);
  const locator = Buffer.concat([Buffer.from('PK\x06\x07'), u32(0), u64(offset + listed.length), u32(1)]);
  const counts = wide
    ? [u16(0xffff), u16(0xffff), u32(0xffffffff), u32(0xffffffff)]
    : [u16(count), u16(count), u32(listed.length), u32(offset)];
  const end = Buffer.concat([Buffer.from('PK\x05\x06'), u16(0), u16(0), ...counts, u16(0)]);
  return Buffer.concat([...local, listed, ...(wide ? [end64, locator] : []), end]);
}

function items(entries: Readonly<Record<string, Pickled>>): Buffer[] {
  return Object.entries(entries).flatMap(([name, value]) => [pickled.string(name), value]);
}

function emptyOrderedDict(): Pickled {
  return pickled.call(pickled.global('collections', 'OrderedDict'));
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
}
