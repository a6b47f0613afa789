import protobuf from 'protobufjs';
import { crc32c } from './crc32c.js';

/** The part of TensorFlow's event.proto and summary.proto (Apache-2.0) that scalars need, with their field numbers. */
const proto = `
syntax = "proto3";
package tensorboard;
message Summary {
  message Value { string tag = 1; oneof value { float simple_value = 2; } }
  repeated Value value = 1;
}
message Event {
  double wall_time = 1; int64 step = 2;
  oneof what { string file_version = 3; Summary summary = 5; }
}
`;

const Event = protobuf.parse(proto, { keepCase: true }).root.lookupType('tensorboard.Event');

/** The scalars of one step. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  /** By their tags, such as `train/loss`. TensorBoard keeps them as float32. */
  readonly scalars: Readonly<Record<string, number>>;
}

/**
 * An event file of TensorBoard: records of a length, its checksum, an event and its checksum, little-endian. The first
 * event names the format's version.
 */
export function eventFile(events: readonly ScalarEvent[]): Uint8Array {
  const version = { wall_time: events[0]?.wallTime ?? 0, file_version: 'brain.Event:2' };
  const summaries = events.map(({ wallTime, step, scalars }) => ({
    ...{ wall_time: wallTime, step },
    summary: { value: Object.entries(scalars).map(([tag, value]) => ({ tag, simple_value: value })) },
  }));
  return Buffer.concat([version, ...summaries].map((event) => record(Event.encode(Event.create(event)).finish())));
}

function record(data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.byteLength));
  return Buffer.concat([length, masked(length), data, masked(data)]);
}

/** TensorFlow rotates a checksum and adds a constant, because checksums of data that holds checksums are weak. */
function masked(bytes: Uint8Array): Uint8Array {
  const crc = crc32c(bytes);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return checksum;
}
