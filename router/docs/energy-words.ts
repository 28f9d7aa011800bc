// Words of the section "Energy" of /docs. `…Html` is HTML, where a title or a source in English says that it is; names of methods, tiers and fields stay as answers have them.
import type { EnergyMethod } from '../../schema/receipt.ts';
import type { Dictionaries } from '../look/words.ts';

const METHODS: Readonly<Record<EnergyMethod, string>> = {
  wall: 'a meter between machine and plug, read by a command of the owner’s',
  counter: 'an energy counter in the machine: the card’s where its driver tells one, the processor’s (RAPL)',
  sampled: 'the card’s power, read about once a second while jobs run',
  estimated: 'the class table below by the card’s name, or the processor’s time',
  unknown: 'nobody knows: a card that nobody listed, a model server on another machine, or an agent without a meter',
};

const EN = {
  leadHtml:
    'Each home signs in its receipt what its part of an answer took. An answer tells the sum of its parts in <code>irori.energy</code> and <code>usage.energy</code> (where its form has a usage), a receipt its own in <code>energy</code>, and <code>GET /v1/usage/energy</code> your totals by model, month or country. What nobody knows is <code>null</code>, never 0; <code>known_tokens_share</code> says of which share of the output tokens the figure is, and the other tokens are added nowhere.',
  boundary: 'What is measured',
  boundaryHtml: (efficiency: number, hostW: number) =>
    `The boundary is <code>wall-above-idle</code>: watt-hours at the wall, above what the machine draws while no job runs. A reading inside the machine is divided by ${efficiency} for the power supply; where the processor has no readable meter, ${hostW} W stand for the machine around a working card. Windows of about a second are split over the jobs in them by their tokens (prompt, prompt that the server still had, answer), at what each kind costs on that machine, so that the shares add up to the meter. Not in it: rest (<code>idle_wh</code>, which nobody shares out so far and is null), screens, the home’s router, the network in between, and the making of the hardware.`,
  tiers: 'How sure it is',
  tiersHtml:
    '<code>wh_90</code> should hold the truth nine times in ten. Its half-widths are assumptions until they have been held against many meters; no receipt is taken for surer than its tier, and of several parts the least sure names <code>method</code> and <code>tier</code>. Totals of days keep no intervals: theirs is that of tier D.',
  tierTable: 'Tiers',
  tier: 'tier',
  method: 'method',
  halfWidth: 'half-width',
  /** Without a break. */
  plusMinus: (percent: number) => `±\u00a0${percent}\u00a0%`,
  knownBy: 'known by',
  methods: METHODS,
  bounds: 'What the router believes',
  boundsHtml: (anyHomeW: number, leastJ: number) =>
    `Nobody but the home measures, so a claim is held against what is possible: at most what its class of card can draw over the time of the part (1.2 times the cards’ figure and 200 W around them, through a supply of 80 %; ${anyHomeW} W where nobody knows the card), at least ${leastJ} J for a token of output, half of what a model of half a billion parameters needs on the best machine that was measured. One beyond is told as the bound, with <code>bounded: true</code>. Energy moves no money.`,
  classTable: 'Classes of cards',
  classesHtml:
    'Boards: “graphics card power”, “total board power” or TDP by their makers’ pages (NVIDIA, AMD, Intel); at rest as reviews measured, rounded up. Machines: wall power by Apple’s support pages “power consumption and thermal output”. The last column is what a home with one such card may claim at most.',
  class: 'class',
  mostW: 'most W',
  idleW: 'idle W',
  ofThe: 'of the',
  believedW: 'believed W',
  sees: { board: 'board', machine: 'machine' },
  grid: 'Grams',
  gridHtml: (meanYear: number, marginalYear: number) =>
    `<code>g_co2e</code> is the energy times the mean of a year (${meanYear}) of the grid of the home’s country, which footprints are told in; <code>g_co2e_marginal</code> times what one more kilowatt-hour adds there (${marginalYear}). No hour of the day is in it, and no certificates. Where a country has no figure the grams are null, and so is a sum with it.`,
  gridTable: 'Grids',
  gridFromHtml: (source: string) => `Grams of CO2e a kilowatt-hour. ${source}.`,
  country: 'country',
  mean: (year: number) => `mean ${year}`,
  margin: (year: number) => `margin ${year}`,
};

export const ENERGY_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    leadHtml:
      '各家は、回答のうち自分の部分にかかった電力量を領収書で署名します。回答の <code>irori.energy</code> と <code>usage.energy</code>（usageのある形式のとき）は各部分の合計、領収書の <code>energy</code> はその家の分、<code>GET /v1/usage/energy</code> はモデル、月、国ごとの自分の合計です。誰にも分からないものは <code>null</code> で、0にはなりません。<code>known_tokens_share</code> は、出力トークンのうちどれだけの割合についての値かを示し、残りのトークンの電力量はどこにも加えられません。',
    boundary: '測っているもの',
    boundaryHtml: (efficiency, hostW) =>
      `測る範囲は <code>wall-above-idle</code>、つまりコンセントでの電力量（Wh）から、ジョブのないときの消費を除いた分です。マシンの内部で測った値は、電源の効率として${efficiency}で割ります。プロセッサーの消費を読み取れないときは、動作中のカード以外のマシン全体を${hostW}\u00a0Wとみなします。約1秒ごとの区間を、その中のジョブに、トークン（入力、サーバーに残っていた入力、回答）の種類ごとのそのマシンでのコストに応じて分けるので、分けた値の合計は計測値に一致します。含まれないものは、待機分（<code>idle_wh</code>。まだ誰にも配分されず、null）、画面、家のルーター、途中のネットワーク、機器の製造です。`,
    tiers: '確かさ',
    tiersHtml:
      '<code>wh_90</code> は、10回に9回は真の値を含むはずの区間です。その半幅は、多くの計測器と照合されるまでは仮定です。どの領収書も、その等級より確かだとはみなされず、部分がいくつかあるときは、最も不確かなものが <code>method</code> と <code>tier</code> になります。日ごとの合計には区間が保存されないため、等級Dの区間とみなします。',
    tierTable: '等級',
    tier: '等級',
    method: '方法',
    halfWidth: '半幅',
    plusMinus: (percent) => `±${percent}%`,
    knownBy: '計測のしかた',
    methods: {
      wall: 'マシンとコンセントの間の計測器（オーナーのコマンドで読み取る）',
      counter: 'マシン内の電力量カウンター：カードのもの（ドライバーが示すとき）とプロセッサーのもの（RAPL）',
      sampled: 'ジョブの実行中に約1秒ごとに読み取ったカードの電力',
      estimated: 'カードの名前から下の区分表で、またはプロセッサーの使用時間から',
      unknown: '分からない：表にないカード、別のマシンにあるモデルサーバー、計測手段のないエージェント',
    },
    bounds: 'ルーターが認める範囲',
    boundsHtml: (anyHomeW, leastJ) =>
      `測るのは家だけなので、報告された値をありうる範囲と比べます。上限は、カードの区分が部分の所要時間に消費しうる電力量（カードの値の1.2倍に周辺の200\u00a0Wを加え、効率80%の電源を通したもの。カードが分からなければ${anyHomeW}\u00a0W）、下限は出力1トークンにつき${leastJ}\u00a0Jです。これは、パラメーター数5億のモデルが、測定した最良のマシンで必要とする量の半分です。範囲を超えた値は限界の値に置き換えられ、<code>bounded: true</code> が付きます。電力量で支払いが変わることはありません。`,
    classTable: 'カードの区分',
    classesHtml:
      'カード：メーカー（NVIDIA、AMD、Intel）のページの “graphics card power”、“total board power” またはTDP。待機時はレビューの測定値を切り上げたもの。マシン：Appleのサポートページ <span lang="en" translate="no">“power consumption and thermal output”</span> のコンセントでの電力。最後の列は、そのカードが1枚ある家について認められる上限です。',
    class: '区分',
    mostW: '最大W',
    idleW: '待機W',
    ofThe: '対象',
    believedW: '認める上限W',
    sees: { board: 'カード', machine: 'マシン' },
    grid: 'グラム',
    gridHtml: (meanYear, marginalYear) =>
      `<code>g_co2e</code> は、電力量に家のある国の電力網の年平均（${meanYear}年）を掛けたもので、フットプリントに使われる値です。<code>g_co2e_marginal</code> は、そこで1\u00a0kWh増えるごとに加わる量（${marginalYear}年）を掛けたものです。時間帯も証書も考慮しません。値のない国ではグラムはnullになり、それを含む合計もnullです。`,
    gridTable: '電力網',
    gridFromHtml: (source) =>
      `1\u00a0kWhあたりのCO2e（グラム）。出典：<span lang="en" translate="no">${source}</span>。`,
    country: '国',
    mean: (year) => `平均（${year}年）`,
    margin: (year) => `限界（${year}年）`,
  },
};
export type EnergyWords = (typeof ENERGY_WORDS)['en'];
