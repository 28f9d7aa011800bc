// What is shared: the models that were found, none of them ticked; or, without a server, one that can be had. Nothing is shared unasked.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { countLendableOf } from './judge-machine.ts';
import type { MachineFacts } from './judge-machine.ts';
import { judgeModel } from './judge-model.ts';
import type { ModelVerdict } from './judge-model.ts';
import { describeModel, explainDemand } from './describe-model.ts';
import type { FoundModel, FoundServer } from './found-server.ts';
import type { Choice } from './join-terminal.ts';
import { LEFT } from './wizard-doors.ts';
import type { Stop, WizardDoors } from './wizard-doors.ts';

/** What goes into config.json, and the names for the page where the link is approved. */
export interface Shared {
  readonly names: readonly string[];
}

interface Offered {
  readonly server: FoundServer;
  readonly model: FoundModel;
  readonly verdict: ModelVerdict;
}

const AGAIN = 'again';
const ADDRESS = 'address';
const NANO = 'nano';

/** Asks until something is shared; it stands in config.json then. */
export async function chooseShared(
  doors: WizardDoors,
  origin: string,
  machine: MachineFacts,
): Promise<Result<Shared, Stop>> {
  let named: readonly string[] = doors.given.backends ?? [];
  for (;;) {
    const servers = await lookForServers(doors, named);
    const offered = await judgeAll(doors, servers, machine);
    if (offered.some(({ verdict }) => verdict.grade !== 'cannot')) return shareServers(doors, origin, offered);
    const chosen = await chooseWithout(doors, machine, offered);
    if (!chosen.ok) return chosen;
    if (chosen.value.kind === 'shared') return ok(chosen.value.shared);
    if (chosen.value.url !== null) named = [...named, chosen.value.url];
  }
}

async function lookForServers(doors: WizardDoors, named: readonly string[]): Promise<FoundServer[]> {
  const { terminal } = doors;
  terminal.status('Looking for model servers on this machine …');
  const [around, ...byName] = await Promise.all([
    doors.given.backends === null ? doors.findServers() : [],
    ...named.map((url) => doors.lookAtServer(url)),
  ]);
  const servers = [...byName, ...around.filter(({ port }) => !byName.some((one) => one.port === port))];
  for (const server of servers) tellServer(doors, server);
  return servers;
}

function tellServer({ terminal }: WizardDoors, server: FoundServer): void {
  const { product, version, url, models, leftOut, warnings, refusal } = server;
  const head = `${'Server'.padEnd(9)}${product}${version === null ? '' : ` ${version}`} at ${url}`;
  if (refusal !== null) return terminal.tell('limited', `${head}\n${' '.repeat(9)}not shared: ${refusal}`);
  const count = models.length === 1 ? '1 model' : `${models.length} models`;
  const loaded = models.filter(({ isLoaded }) => isLoaded).length;
  terminal.tell(models.length === 0 ? 'limited' : 'done', `${head}: ${count}, ${loaded} in memory`);
  for (const warning of warnings) terminal.tell('limited', warning);
  for (const { name, why } of leftOut.slice(0, 5)) terminal.tell('plain', `${name} is left out: ${why}.`);
  if (leftOut.length > 5) terminal.tell('plain', `and ${leftOut.length - 5} more.`);
}

async function judgeAll(
  doors: WizardDoors,
  servers: readonly FoundServer[],
  machine: MachineFacts,
): Promise<Offered[]> {
  const gpu = await doors.findGpu();
  const room = { cardBytes: countLendableOf(machine), memoryBytes: machine.freeMemoryBytes, gpu };
  return servers
    .filter(({ refusal }) => refusal === null)
    .flatMap((server) => server.models.map((model) => ({ server, model, verdict: judgeModel(model, room) })));
}

async function shareServers(
  doors: WizardDoors,
  origin: string,
  offered: readonly Offered[],
): Promise<Result<Shared, Stop>> {
  const { terminal } = doors;
  terminal.status('Asking what they pay …');
  const demand = await doors.router.askDemand(
    origin,
    offered.map(({ model }) => model),
  );
  const choices = offered.map(({ model, verdict }, index): Choice => {
    const label = describeModel(model.name, verdict, demand.get(model.name) ?? null);
    return { value: String(index), label, isOff: verdict.grade === 'cannot' };
  });
  for (const { model, verdict } of offered)
    if (verdict.grade !== 'ok')
      terminal.tell('limited', `${model.name}: ${verdict.why ?? ''}. ${verdict.remedy ?? ''}`.trim());
  const picked = await terminal.chooseMany('Which models do you share? Space ticks, Enter goes on', choices);
  if (picked === null) return err(LEFT);
  const shared = picked.flatMap((index) => offered[Number(index)] ?? []);
  for (const { model } of shared) {
    const told = explainDemand(model.name, demand.get(model.name) ?? null);
    if (told !== null) terminal.tell('info', told);
  }
  const backends = [...new Set(shared.map(({ server }) => server.url))];
  const models = [...new Set(shared.map(({ model }) => model.name))];
  return keep(doors, { backends, models, gguf: null }, models);
}

/** For machines without a person: all that can run here, of the models that were named if any were; else the built-in one. */
export async function shareEverything(doors: WizardDoors, machine: MachineFacts): Promise<Result<Shared, Stop>> {
  const servers = await lookForServers(doors, doors.given.backends ?? []);
  const offered = (await judgeAll(doors, servers, machine)).filter(({ verdict }) => verdict.grade !== 'cannot');
  const { models, backends } = doors.given;
  if (backends !== null && offered.length === 0)
    return err({ kind: 'failed', sentence: 'None of the servers that were named can be shared.' });
  if (offered.length === 0) return shareNano(doors);
  const names = models ?? [...new Set(offered.map(({ model }) => model.name))];
  return keep(doors, { backends: [...new Set(offered.map(({ server }) => server.url))], models: names }, names);
}

type Without =
  { readonly kind: 'shared'; readonly shared: Shared } | { readonly kind: 'look'; readonly url: string | null };

/** No server, or none with a model that can run here. */
async function chooseWithout(
  doors: WizardDoors,
  machine: MachineFacts,
  offered: readonly Offered[],
): Promise<Result<Without, Stop>> {
  const { terminal } = doors;
  for (const { model, verdict } of offered)
    terminal.tell('failed', `${model.name}: ${verdict.why ?? ''}. ${verdict.remedy ?? ''}`.trim());
  if (offered.length === 0)
    terminal.tell('info', 'No model server runs here. Start Ollama, LM Studio or llama-server, and look again.');
  const offers = await doors.listOffers(machine);
  const lack = await doors.hubLack();
  if (lack !== null) terminal.tell('plain', lack);
  const choices: Choice[] = [
    ...offers.map(({ id, label }) => ({ value: id, label })),
    { value: NANO, label: 'Show me with the built-in demo model (a toy, unpaid)' },
    { value: AGAIN, label: 'Look again: I have started a server' },
    { value: ADDRESS, label: 'Its address is another' },
  ];
  const picked = await terminal.choose('What do you share?', choices);
  if (picked === null) return err(LEFT);
  if (picked === AGAIN) return ok({ kind: 'look', url: null });
  if (picked === ADDRESS) return askAddress(doors);
  const shared = picked === NANO ? await shareNano(doors) : await shareOffer(doors, picked, offers);
  return shared.ok ? ok({ kind: 'shared', shared: shared.value }) : shared;
}

async function askAddress({ terminal }: WizardDoors): Promise<Result<Without, Stop>> {
  const url = await terminal.ask('Where does your model server answer?', 'http://127.0.0.1:8080', (text) =>
    URL.canParse(text) ? null : 'Write it like http://127.0.0.1:8080',
  );
  return url === null ? err(LEFT) : ok({ kind: 'look', url });
}

async function shareNano(doors: WizardDoors): Promise<Result<Shared, Stop>> {
  const { terminal, runtime } = doors;
  if (!runtime.isReady()) {
    terminal.tell('info', 'Its runtime is fetched from the package registry first: about 45 MB stay on disk.');
    if (!(await runtime.install()))
      return err({
        kind: 'failed',
        sentence: 'The runtime could not be installed. Check the network, then start again.',
      });
  }
  return keep(doors, { backends: null, models: null, gguf: null }, ['nano-demo']);
}

async function shareOffer(
  doors: WizardDoors,
  id: string,
  offers: readonly { readonly id: string; readonly name: string }[],
): Promise<Result<Shared, Stop>> {
  const { terminal } = doors;
  const taken = await doors.takeOffer(id, (text) => terminal.status(text));
  if (!taken.ok) return err({ kind: 'failed', sentence: taken.error });
  return keep(doors, taken.value, [offers.find((offer) => offer.id === id)?.name ?? id]);
}

async function keep(
  doors: WizardDoors,
  change: Parameters<WizardDoors['changeConfig']>[0],
  names: readonly string[],
): Promise<Result<Shared, Stop>> {
  const kept = await doors.changeConfig(change);
  if (!kept.ok) return err({ kind: 'failed', sentence: kept.error });
  await doors.file.note({ isChosen: true, shared: [...names] });
  doors.terminal.tell('done', `Shares   ${names.join(', ')}`);
  return ok({ names });
}
