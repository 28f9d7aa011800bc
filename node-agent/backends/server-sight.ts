// What is known of one server, look by look. Holds the last words of each path: silence and slowness change nothing of what was said before.

import { err, ok, type Result } from '../../schema/result.ts';
import { describeNoApi, describeNoList, describeSilence } from './describe-server.ts';
import type { ApiPlace } from './find-api.ts';
import type { HttpDoor } from './http-door.ts';
import { listModels, type Listing } from './list-models.ts';
import { identifyServer, listFurther, LISTING_PATHS, type Identity, type Product, type Said } from './probe-server.ts';
import { doubtTools, refuseNetwork, refuseTools, ROUTER_SENTENCE } from './refuse-server.ts';
import { ServerLook } from './server-look.ts';

/** What was learned of a server. */
export interface Known {
  readonly product: Product;
  readonly version: string | null;
  /** How often it was away before: it may have been started in another way since. */
  readonly absences: number;
  readonly listing: Listing;
  /** The JSON of each path that answered well. */
  readonly said: ReadonlyMap<string, unknown>;
  /** Sentences for the owner about the server itself. */
  readonly warnings: readonly string[];
}

export interface SightLimits {
  /** How long each question may take; they are asked side by side. */
  readonly questionMs: number;
  /** What is known is forgotten after so many looks in a row without any answer … */
  readonly silentLooks: number;
  /** … that lasted at least so long, an answer to a job being an answer too. */
  readonly silentMs: number;
}

const DEFAULT_LIMITS: SightLimits = { questionMs: 10_000, silentLooks: 3, silentMs: 180_000 };

export interface SightOptions {
  /** The owner's word that a server which forwards to other machines may be shared. */
  readonly allowNetworks: boolean;
  readonly limits?: Partial<SightLimits>;
  /** Milliseconds that only grow; `performance.now` by default. */
  readonly now?: () => number;
}

export class ServerSight {
  readonly #door: HttpDoor;
  readonly #options: SightOptions;
  readonly #limits: SightLimits;
  readonly #now: () => number;
  #said = new Map<string, Said>();
  #known: Known | undefined;
  #absences = 0;
  #silentLooks = 0;
  #heardAt: number;
  #isDoubted = false;
  /** Where the owner said that the API is, once it was found elsewhere. */
  #named: string | undefined;
  #looking: Promise<Result<Known, string>> | null = null;

  constructor(door: HttpDoor, options: SightOptions) {
    this.#door = door;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#now = options.now ?? performance.now.bind(performance);
    this.#heardAt = this.#now();
  }

  /** Undefined before a look that found something, and after a refusal or a long silence. */
  get known(): Known | undefined {
    return this.#known;
  }

  /** True where a job should look first: nothing is known, or the last one did not reach the server. */
  get isDoubted(): boolean {
    return this.#isDoubted || this.#known === undefined;
  }

  /** A job was answered, in part at least: the server lives, however slow its lists are. */
  noteAlive(): void {
    this.#heardAt = this.#now();
    this.#silentLooks = 0;
  }

  /** A job did not reach the server. What is known stays until a look says otherwise. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** Asks the server about itself; a look under way is shared. The error is a sentence for the owner. Never rejects. */
  look(): Promise<Result<Known, string>> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<Result<Known, string>> {
    const look = new ServerLook(this.#door, this.#limits.questionMs);
    await look.askProduct(this.#known?.product ?? 'unknown');
    if (look.statements.size === 0) return this.#hearNothing(look);
    this.noteAlive();
    this.#isDoubted = false;
    if (look.isRouters) return this.#refuse(ROUTER_SENTENCE);
    const place = await look.searchApi();
    if (place !== null) {
      this.#moveTo(place);
      return this.#look();
    }
    this.#keep(look);
    const identity = identifyServer(this.#said);
    if (identity === null) return this.#hearNoApi(look);
    if (this.#known !== undefined && identity.product !== this.#known.product) this.#said = look.statements;
    await look.ask(LISTING_PATHS[identity.product]);
    this.#keep(look);
    await look.ask(listFurther(identity.product, this.#said));
    this.#keep(look);
    return this.#learn(identity, look);
  }

  #keep(look: ServerLook): void {
    for (const [path, said] of look.statements) this.#said.set(path, said);
  }

  #moveTo(place: ApiPlace): void {
    const { server } = this.#door;
    const elsewhere = [{ root: server.root, api: server.api }, ...server.elsewhere];
    this.#named ??= server.api;
    this.#door.server = { ...server, ...place, elsewhere: elsewhere.filter(({ api }) => api !== place.api) };
    this.#said = new Map();
  }

  /** Refused is gone. Silence, and excuses such as 503, are believed only when they last: the server may be at work, or starting. */
  #hearNothing({ answers, isAnswered }: ServerLook): Result<Known, string> {
    const refused = [...answers.values()].find(({ failure }) => failure === 'refused');
    this.#silentLooks += 1;
    const { silentLooks, silentMs } = this.#limits;
    const isPatient = this.#silentLooks < silentLooks || this.#now() - this.#heardAt < silentMs;
    if (this.#known !== undefined && refused === undefined && isPatient) return ok(this.#known);
    this.#forget();
    const { server } = this.#door;
    return err(
      isAnswered
        ? describeNoApi(server, answers, this.#door.hasKey)
        : describeSilence(server, refused?.why ?? 'no answer in time'),
    );
  }

  #hearNoApi({ answers }: ServerLook): Result<Known, string> {
    this.#forget();
    return err(describeNoApi(this.#door.server, answers, this.#door.hasKey));
  }

  #learn({ product, version }: Identity, { answers }: ServerLook): Result<Known, string> {
    const { server } = this.#door;
    const [list = 'models'] = LISTING_PATHS[product];
    if (product !== 'lm-studio' && !this.#said.has(list)) return err(describeNoList(server, answers.get(list)));
    const given = [...this.#said].filter(([, { status }]) => status === 200);
    const said = new Map(given.map(([path, { json }]) => [path, json]));
    const listing = listModels(product, said);
    const { allowNetworks } = this.#options;
    const tools = this.#said.get('/tools') ?? answers.get('/tools');
    const refusal = refuseNetwork({ port: server.port, ownedBy: listing.ownedBy, allowNetworks }) ?? refuseTools(tools);
    if (refusal !== null) return this.#refuse(refusal);
    const doubt = doubtTools(product, tools);
    const isMoved = this.#named !== undefined && this.#named !== server.api;
    const moved = isMoved ? [`The API was found at ${server.api}: ${this.#named} has none.`] : [];
    const warnings = doubt === null ? moved : [...moved, doubt];
    this.#known = { product, version, absences: this.#absences, listing, said, warnings };
    return ok(this.#known);
  }

  /** Of several servers the owner sees which one it is. */
  #refuse(sentence: string): Result<Known, string> {
    this.#forget();
    return err(`${this.#door.server.root}: ${sentence}`);
  }

  #forget(): void {
    if (this.#known !== undefined) this.#absences += 1;
    this.#known = undefined;
    this.#said = new Map();
  }
}
