// What homes said against one job's request. One home's word decides for no caller: it stands where the model server of another owner's home agrees and
// one of them is a home that answers what it is given, where nobody else is left to ask, or where it is the caller's own home. Only then are its words
// shown, too, and always as what a model server said.
import type { JobFailure } from './job-doors.ts';
import type { SearchStory } from './tell-search-end.ts';
import { tellDoubted, tellTwiceFailed } from './tell-fault.ts';

/** So many homes fail on a request before it is the request's fault whoever owns them. */
const MOST_FAILED = 3;

export interface Objection {
  readonly hub: string;
  readonly nodeId: string | null;
  /** The account of the home's owner; null where the hub did not tell. */
  readonly owner: string | null;
  /** True where its model server said so; false where the home declined before it asked one, as no agent of ours does for what a caller wrote. */
  readonly isServers: boolean;
  /** True where the home answers what it is given, so that its word counts: who answers nothing could agree with whomever it likes. */
  readonly hasVoice: boolean;
  /** What a caller reads where it stands, the home's words in quotation marks. */
  readonly told: string;
  /** The home's words alone, cleaned; null where it said none. */
  readonly reason: string | null;
  readonly param: string | null;
}

interface TooLong {
  readonly promptTokens: number | null;
  readonly contextTokens: number | null;
}

export class Objections {
  readonly #accountId: string;
  readonly #refused: Objection[] = [];
  readonly #failed: Objection[] = [];
  readonly #short: Objection[] = [];
  #tooLong: TooLong | null = null;
  #isAskedAgain = false;

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  /** A home refuses the request as wrong; the failure where that stands. */
  noteRefused(objection: Objection): JobFailure | null {
    this.#refused.push(objection);
    if (!this.#stands(this.#refused)) return null;
    return { kind: 'bad-request', message: objection.told, param: objection.param };
  }

  /** A home's model server failed before the first token; the failure where it is the request that fails. */
  noteFailed(objection: Objection): JobFailure | null {
    this.#failed.push(objection);
    const own = this.#failed.filter(({ owner }) => this.isOwn(owner)).length;
    const isRequests = this.#isAgreed(this.#failed) || own > 1 || this.#failed.length >= MOST_FAILED;
    return isRequests ? this.#tellFailed() : null;
  }

  /** What stands where nobody else is left to ask: owners agree, whoever they are; null where they do not. */
  get agreed(): JobFailure | null {
    const servers = this.#refused.filter(({ isServers }) => isServers);
    const last = servers.at(-1);
    if (last && ownersOf(servers).size > 1) return { kind: 'bad-request', message: last.told, param: last.param };
    return ownersOf(this.#failed).size > 1 ? this.#tellFailed() : null;
  }

  /** The prompt, or the answer so far with it, is longer than a home's context. */
  noteTooLong(objection: Objection, told: Partial<TooLong>): void {
    const { promptTokens: counted = null, contextTokens: longest = null } = this.#tooLong ?? {};
    const { promptTokens = null, contextTokens = null } = told;
    this.#short.push(objection);
    this.#tooLong = {
      promptTokens: promptTokens ?? counted,
      contextTokens: contextTokens === null ? longest : Math.max(contextTokens, longest ?? 0),
    };
  }

  /** True once, where one owner's word alone has left out homes whose context is as long: they are to be asked, too. */
  takeSecondLook(): boolean {
    const isOneWord = ownersOf(this.#short).size === 1 && !this.#stands(this.#short);
    const isDue = isOneWord && !this.#isAskedAgain;
    this.#isAskedAgain ||= isDue;
    return isDue;
  }

  get tooLong(): SearchStory['tooLong'] {
    return this.#tooLong;
  }

  /** Homes whose model servers failed. */
  get failed(): readonly Objection[] {
    return this.#failed;
  }

  /** What is proved wrong where another home answers. That one with a longer context does proves nothing of a shorter one. */
  get contradicted(): readonly Objection[] {
    return this.#isAskedAgain ? [...this.#refused, ...this.#short] : this.#refused;
  }

  /** What a failed model server said, where it may be shown. */
  get reason(): string | null {
    const shown = this.#failed.filter((one) => this.isOwn(one.owner) || ownersOf(this.#failed).size > 1);
    return shown.findLast(({ reason }) => reason !== null)?.reason ?? null;
  }

  /** What a caller is told where nobody is left to ask and a home has refused the request; null where none has. */
  get doubted(): JobFailure | null {
    return this.#refused.length > 0 ? { kind: 'bad-request', message: tellDoubted(), param: 'messages' } : null;
  }

  isOwn(owner: string | null): boolean {
    return owner === this.#accountId;
  }

  #stands(list: readonly Objection[]): boolean {
    return this.#isAgreed(list.filter(({ isServers }) => isServers)) || this.isOwn(list.at(-1)?.owner ?? null);
  }

  #isAgreed(list: readonly Objection[]): boolean {
    return ownersOf(list).size > 1 && list.some(({ hasVoice, owner }) => hasVoice || this.isOwn(owner));
  }

  #tellFailed(): JobFailure {
    return { kind: 'prompt', message: tellTwiceFailed(this.reason) };
  }
}

/** Whoever owns several homes has one voice; a home of which nobody told the owner has its own. */
function ownersOf(list: readonly Objection[]): Set<string> {
  return new Set(list.map(({ owner, nodeId }) => owner ?? nodeId ?? ''));
}
