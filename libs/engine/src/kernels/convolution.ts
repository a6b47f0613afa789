import type { NodeOf, Value } from '../program/program.js';
import { sizeOf } from '../tensor-spec.js';
import { writeMap, type Page, type Shape } from './roots.js';

/** conv: one thread for each place and channel of the result. */
export function writeConv({ writer, expressions }: Page, node: NodeOf<'conv'>): Shape {
  const [x, filter] = node.inputs as [Value, Value];
  const { strides, pads } = node.attributes;
  const [, height, width] = x.shape as [number, number, number];
  const [, channels, ...kernel] = filter.shape as [number, number, number, number];
  return writeMap({ writer, expressions }, node.outputs[0]!, ({ axes: [image, row, column, out] }) => {
    writer.line('float total = 0.0f;');
    overKernel(writer, kernel, () => {
      writer.line(
        `const int y = ${row} * ${strides[0]} + i - ${pads[0]}, x = ${column} * ${strides[1]} + j - ${pads[1]};`,
      );
      writer.line(`if (y < 0 || y >= ${height} || x < 0 || x >= ${width}) continue;`);
      writer.block(`for (int channel = 0; channel < ${channels}; channel++)`, () => {
        const pixel = expressions.read(x, expressions.placeOf([image!, 'y', 'x', 'channel'], x));
        const weight = expressions.read(filter, expressions.placeOf([out!, 'channel', 'i', 'j'], filter));
        writer.line(`total = FMA(${pixel}, ${weight}, total);`);
      });
    });
    return 'total';
  });
}

/** convInputGradient: one thread for each pixel and channel of the image. */
export function writeConvInputGradient({ writer, expressions }: Page, node: NodeOf<'convInputGradient'>): Shape {
  const [dy, filter] = node.inputs as [Value, Value];
  const { strides, pads } = node.attributes;
  const [, height, width, channels] = dy.shape as [number, number, number, number];
  const [, , ...kernel] = filter.shape as [number, number, number, number];
  return writeMap({ writer, expressions }, node.outputs[0]!, ({ axes: [image, row, column, channel] }) => {
    writer.line('float total = 0.0f;');
    overKernel(writer, kernel, () => {
      writer.line(`const int down = ${row} + ${pads[0]} - i, right = ${column} + ${pads[1]} - j;`);
      writer.line(`if (down < 0 || right < 0 || down % ${strides[0]} != 0 || right % ${strides[1]} != 0) continue;`);
      writer.line(`const int y = down / ${strides[0]}, x = right / ${strides[1]};`);
      writer.line(`if (y >= ${height} || x >= ${width}) continue;`);
      writer.block(`for (int out = 0; out < ${channels}; out++)`, () => {
        const slope = expressions.read(dy, expressions.placeOf([image!, 'y', 'x', 'out'], dy));
        const weight = expressions.read(filter, expressions.placeOf(['out', channel!, 'i', 'j'], filter));
        writer.line(`total = FMA(${slope}, ${weight}, total);`);
      });
    });
    return 'total';
  });
}

/** convFilterGradient: one thread for each weight, over images and places in their order. */
export function writeConvFilterGradient({ writer, expressions }: Page, node: NodeOf<'convFilterGradient'>): Shape {
  const [x, dy] = node.inputs as [Value, Value];
  const { strides, pads } = node.attributes;
  const [images, height, width] = x.shape as [number, number, number];
  const places = { shape: dy.shape.slice(0, 3) };
  return writeMap({ writer, expressions }, node.outputs[0]!, ({ axes: [out, channel, i, j] }) => {
    writer.line('float total = 0.0f;');
    writer.block(`for (int place = 0; place < ${images * sizeOf(places.shape.slice(1))}; place++)`, () => {
      const [image, row, column] = expressions.placeAt('place', places).axes as [string, string, string];
      writer.line(
        `const int y = ${row} * ${strides[0]} + ${i} - ${pads[0]}, x = ${column} * ${strides[1]} + ${j} - ${pads[1]};`,
      );
      writer.line(`if (y < 0 || y >= ${height} || x < 0 || x >= ${width}) continue;`);
      const pixel = expressions.read(x, expressions.placeOf([image, 'y', 'x', channel!], x));
      const slope = expressions.read(dy, expressions.placeOf([image, row, column, out!], dy));
      writer.line(`total = FMA(${pixel}, ${slope}, total);`);
    });
    return 'total';
  });
}

function overKernel(writer: Page['writer'], [height, width]: readonly number[], body: () => void): void {
  writer.block(`for (int i = 0; i < ${height}; i++)`, () => writer.block(`for (int j = 0; j < ${width}; j++)`, body));
}
