// One look at a server: the questions it is asked about itself, side by side, and what came back. Holds the answers of this look only.

import type { ApiPlace } from './find-api.ts';
import type { Answer, HttpDoor } from './http-door.ts';
import {
  identifyServer,
  isModelList,
  isStatement,
  listSigns,
  PROBES,
  TEXT_PATHS,
  type Product,
  type Said,
} from './probe-server.ts';

const MODELS = 'models';

export class ServerLook {
  readonly answers = new Map<string, Answer>();
  readonly #door: HttpDoor;
  readonly #questionMs: number;

  /** `questionMs`: how long each question may take. */
  constructor(door: HttpDoor, questionMs: number) {
    this.#door = door;
    this.#questionMs = questionMs;
  }

  /** True where the server said anything at all. */
  get isAnswered(): boolean {
    return [...this.answers.values()].some(({ status }) => status > 0);
  }

  /** True where an Irori router gave one of the answers. */
  get isRouters(): boolean {
    return [...this.answers.values()].some((answer) => answer.isRouters === true);
  }

  /** What was stated; silence and a busy server's excuses are left out. */
  get statements(): Map<string, Said> {
    return new Map([...this.answers].filter(([, answer]) => isStatement(answer)));
  }

  /**
   * Asks what product this is: one that is known is asked for its own signs first, and for everything only when it denies them.
   * Ends as soon as the product is sure, however long the other questions would take.
   */
  async askProduct(known: Product): Promise<void> {
    const signs = known === 'unknown' ? [] : listSigns(known);
    if (signs.length > 0) await this.ask([...signs, MODELS]);
    const said = new Map([...this.answers].filter(([path]) => signs.includes(path)));
    const isDenied = signs.every((path) => isStatement(said.get(path))) && identifyServer(said) === null;
    if (!isDenied) return;
    const enough = new AbortController();
    await this.ask(
      PROBES.flatMap(({ product }) => listSigns(product)),
      enough.signal,
      () => {
        if (this.answers.has(MODELS) && identifyServer(this.answers)?.isSure === true) enough.abort();
      },
    );
  }

  /** Asks what was not asked yet. */
  async ask(paths: readonly string[], signal?: AbortSignal, onAnswer?: () => void): Promise<void> {
    const missing = paths.filter((path) => !this.answers.has(path));
    await Promise.all(
      missing.map(async (path) => {
        const answer = await this.#askAt(this.#door.server, path, signal);
        if (signal?.aborted !== true) this.answers.set(path, answer);
        onAnswer?.();
      }),
    );
  }

  /**
   * Where else the API is, when its list of models is not where the owner said: null where it is there, slow, locked or nowhere.
   * The list that was found counts as this look's.
   */
  async searchApi(): Promise<ApiPlace | null> {
    const list = this.answers.get(MODELS);
    if (!isStatement(list) || list.status === 401 || list.status === 403 || isListed(list)) return null;
    const tries = this.#door.server.elsewhere.map(async (place) => ({ place, list: await this.#askAt(place, MODELS) }));
    const found = (await Promise.all(tries)).find((one) => isListed(one.list));
    if (found === undefined) return null;
    this.answers.set(MODELS, found.list);
    return found.place;
  }

  #askAt({ root, api }: ApiPlace, path: string, signal?: AbortSignal): Promise<Answer> {
    const url = path === MODELS ? `${api}/models` : `${root}${path}`;
    const isText = TEXT_PATHS.has(path);
    return this.#door.ask(url, { timeoutMs: this.#questionMs, isText, ...(signal === undefined ? {} : { signal }) });
  }
}

function isListed({ status, json }: Said): boolean {
  return status === 200 && isModelList(json);
}
