import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebian } from './debian-packages.js';

/** Where Chromium keeps SwiftShader, its Vulkan driver that runs on the CPU, and a Vulkan loader. */
const folder = 'usr/lib/chromium';
const files = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'];

/**
 * Environment variables that make this driver the only GPU that a process sees, or the reason why there is no driver. A
 * process that is started without them does not see it.
 */
export async function softwareVulkan(): Promise<
  { readonly env: Readonly<Record<string, string>> } | { readonly reason: string }
> {
  if (process.env['VK_DRIVER_FILES']) return { env: {} }; // A driver is already selected.
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
