import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebian } from './debian-packages.js';

/** Where Chromium keeps its Vulkan driver that runs on the processor (SwiftShader), and a loader for it. */
const folder = 'usr/lib/chromium';
const files = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'];

/**
 * Variables for a process that shall see this driver as its only GPU; a process started without them does not see it.
 */
export async function softwareVulkan(): Promise<
  { readonly env: Readonly<Record<string, string>> } | { readonly reason: string }
> {
  if (process.env['VK_DRIVER_FILES']) return { env: {} }; // A driver was chosen already.
  const installed = await driverIn('/');
  if (installed) return installed;
  const unpacked = await unpackDebian({
    title: "The files of Debian's chromium-common package",
    folder: 'vulkan',
    packages: ['chromium-common'],
    dependencies: false,
    only: files.map((file) => `./${folder}/${file}`),
    marker: join(folder, files[0]!),
  });
  if ('reason' in unpacked) return unpacked;
  return (
    (await driverIn(unpacked.root)) ?? {
      reason: `Debian's chromium-common package has no ${files.join(', ')} in ${folder}`,
    }
  );
}

async function driverIn(root: string): Promise<{ readonly env: Readonly<Record<string, string>> } | undefined> {
  const driver = join(root, folder);
  const isThere = await Promise.all(
    files.map((file) =>
      access(join(driver, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return isThere.includes(false)
    ? undefined
    : { env: { VK_DRIVER_FILES: join(driver, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: driver } };
}
