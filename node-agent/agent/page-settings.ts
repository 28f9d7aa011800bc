// What the owner told the page for its sums, in DIR/page-settings.json. The one door to that file.
import { join } from 'node:path';
import * as z from 'zod';
import type { PageSettings } from '../dashboard/page-view.ts';
import { KeptFile, readKept } from '../home/kept-file.ts';
import type { Log } from '../log.ts';

const price = z.number().min(0).nullable();
const fileSchema = z.object({ kwhPrice: price, currency: z.string().max(3), creditPrice: price });

const FILE = 'page-settings.json';
const UNTOLD: PageSettings = { kwhPrice: null, currency: 'EUR', creditPrice: null };

export class PageSettingsFile {
  readonly #file: KeptFile;
  #now: PageSettings;

  private constructor(file: KeptFile, now: PageSettings) {
    this.#file = file;
    this.#now = now;
  }

  static async open(folder: string, log: Log): Promise<PageSettingsFile> {
    const path = join(folder, FILE);
    return new PageSettingsFile(new KeptFile(path, log), (await readKept(path, fileSchema, log)) ?? UNTOLD);
  }

  get now(): PageSettings {
    return this.#now;
  }

  async save(settings: PageSettings): Promise<void> {
    this.#now = settings;
    await this.#file.write(`${JSON.stringify(settings, null, 2)}\n`);
  }
}
