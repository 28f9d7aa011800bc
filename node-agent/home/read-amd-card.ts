// What Linux shows of an AMD card in /sys/class/drm/cardN/device, as a reading. Pure: the files come as texts. Meanings and units by the kernel's
// documentation, "GPU Power/Thermal Controls and Monitoring" (docs.kernel.org/gpu/amdgpu/thermal.html) and "hwmon sysfs interface".
import type { GpuReading } from './gpu-reading.ts';
import { cleanName } from './read-nvidia-cards.ts';

/** Files of the card by their name, `hwmon/` for those of its monitor; a file that is not there, or may not be read, is absent. */
export type SysfsFiles = Readonly<Record<string, string | undefined>>;

export const AMD_VENDOR = '0x1002';
export const AMD_FILES = [
  'vendor',
  'device',
  'revision',
  'product_name',
  'gpu_busy_percent',
  'mem_info_vram_used',
  'mem_info_vram_total',
  'hwmon/power1_average',
  'hwmon/power1_input',
  'hwmon/power1_cap',
  'hwmon/energy1_input',
  'hwmon/temp1_input',
  'hwmon/pwm1',
  'hwmon/pwm1_max',
] as const;

/** `ids`: libdrm's list of names (`744C,\tC8,\tAMD Radeon RX 7900 XTX`), '' without one. Null for another maker's card. */
export function readAmdCard(index: number, files: SysfsFiles, ids: string): GpuReading | null {
  if (files['vendor']?.trim() !== AMD_VENDOR) return null;
  const power = readCount(files['hwmon/power1_average']) ?? readCount(files['hwmon/power1_input']);
  const pwm = readCount(files['hwmon/pwm1']);
  return {
    index,
    name: nameCard(files, ids),
    utilisation: readCount(files['gpu_busy_percent']),
    memoryUsedBytes: readCount(files['mem_info_vram_used']),
    memoryTotalBytes: readCount(files['mem_info_vram_total']),
    temperatureC: divide(readCount(files['hwmon/temp1_input']), 1000),
    powerW: divide(power, 1e6),
    powerLimitW: divide(readCount(files['hwmon/power1_cap']), 1e6),
    // Microjoules.
    energyMJ: divide(readCount(files['hwmon/energy1_input']), 1000),
    fanPercent: pwm === null ? null : (100 * pwm) / (readCount(files['hwmon/pwm1_max']) ?? 255),
    processes: null,
  };
}

function nameCard(files: SysfsFiles, ids: string): string {
  const product = cleanName(files['product_name'] ?? '');
  if (product !== '') return product;
  const device = hex(files['device']);
  const revision = hex(files['revision']);
  for (const line of ids.split('\n')) {
    const [one, other, ...name] = line.split(',').map((part) => part.trim());
    if (one?.toUpperCase() === device && other?.toUpperCase() === revision && device !== '')
      return cleanName(name.join(', '));
  }
  return device === '' ? 'AMD graphics' : `AMD graphics ${device}`;
}

/** `0x744c` as `744C`, the way the list writes it. */
function hex(text: string | undefined): string {
  return (/^0x([0-9a-f]{1,4})$/i.exec(text?.trim() ?? '')?.[1] ?? '').toUpperCase();
}

function readCount(text: string | undefined): number | null {
  const given = text?.trim() ?? '';
  return /^\d{1,16}$/.test(given) ? Number(given) : null;
}

function divide(value: number | null, by: number): number | null {
  return value === null ? null : value / by;
}
