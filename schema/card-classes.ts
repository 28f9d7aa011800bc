// What graphics cards and chips draw by their makers' word: for homes without a meter, and for a router that holds claims against what is possible.
// Boards: "graphics card power", "total board power" or "TDP" of each maker's page for its card; idle as reviews measured, rounded up. Machines: wall
// power at idle and at most by Apple's support pages "power consumption and thermal output" (Mac Studio: support.apple.com/102027; Mac mini). Cards of
// board partners and capped ones differ by a tenth and more: no figure here is better than that. The first pattern that fits counts.

/** A kind of card: all of it draws between `idleW` and `mostW`. */
export interface CardClass {
  /** A word for it, as the router's answers and the page name it. */
  readonly name: string;
  /** W of the board, or of the whole machine at the wall where `sees` says so. */
  readonly mostW: number;
  readonly idleW: number;
  readonly sees: 'board' | 'machine';
}

type Row = readonly [pattern: RegExp, name: string, mostW: number, idleW: number];

const BOARDS: readonly Row[] = [
  [/\bB300\b/i, 'B300', 1400, 140],
  [/\bB200\b/i, 'B200', 1000, 120],
  [/\bH200\b/i, 'H200', 700, 80],
  [/\bH100 (?:PCIe|NVL)\b/i, 'H100 PCIe', 400, 50],
  [/\bH100\b/i, 'H100', 700, 75],
  [/\bA100\b/i, 'A100', 400, 55],
  [/\bV100\b/i, 'V100', 300, 40],
  [/\bL40S\b/i, 'L40S', 350, 40],
  [/\bL40\b/i, 'L40', 300, 40],
  [/\bL4\b/i, 'L4', 72, 15],
  [/\bT4\b/i, 'T4', 70, 12],
  [/\bA40\b/i, 'A40', 300, 35],
  [/\bA10G?\b/i, 'A10', 300, 25],
  [/\bRTX PRO 6000\b/i, 'RTX PRO 6000', 600, 30],
  [/\bRTX 6000 Ada\b/i, 'RTX 6000 Ada', 300, 25],
  [/\bRTX A6000\b/i, 'RTX A6000', 300, 25],
  [/\bRTX A5000\b/i, 'RTX A5000', 230, 20],
  [/\bRTX A4000\b/i, 'RTX A4000', 140, 15],
  [/\bRTX 5090 Laptop\b/i, 'RTX 5090 Laptop', 175, 15],
  [/\bRTX \d{4}(?: Ti)? Laptop\b/i, 'RTX Laptop', 150, 12],
  [/\bRTX 5090\b/i, 'RTX 5090', 575, 30],
  [/\bRTX 5080\b/i, 'RTX 5080', 360, 20],
  [/\bRTX 5070 Ti\b/i, 'RTX 5070 Ti', 300, 18],
  [/\bRTX 5070\b/i, 'RTX 5070', 250, 18],
  [/\bRTX 5060 Ti\b/i, 'RTX 5060 Ti', 180, 12],
  [/\bRTX 5060\b/i, 'RTX 5060', 145, 12],
  [/\bRTX 5050\b/i, 'RTX 5050', 130, 12],
  [/\bRTX 4090\b/i, 'RTX 4090', 450, 25],
  [/\bRTX 4080\b/i, 'RTX 4080', 320, 20],
  [/\bRTX 4070 Ti\b/i, 'RTX 4070 Ti', 285, 15],
  [/\bRTX 4070\b/i, 'RTX 4070', 220, 15],
  [/\bRTX 4060 Ti\b/i, 'RTX 4060 Ti', 165, 12],
  [/\bRTX 4060\b/i, 'RTX 4060', 115, 12],
  [/\bRTX 3090 Ti\b/i, 'RTX 3090 Ti', 450, 30],
  [/\bRTX 3090\b/i, 'RTX 3090', 350, 25],
  [/\bRTX 3080 Ti\b/i, 'RTX 3080 Ti', 350, 22],
  [/\bRTX 3080\b/i, 'RTX 3080', 320, 22],
  [/\bRTX 3070 Ti\b/i, 'RTX 3070 Ti', 290, 18],
  [/\bRTX 3070\b/i, 'RTX 3070', 220, 15],
  [/\bRTX 3060 Ti\b/i, 'RTX 3060 Ti', 200, 15],
  [/\bRTX 3060\b/i, 'RTX 3060', 170, 15],
  [/\bRTX 3050\b/i, 'RTX 3050', 130, 10],
  [/\bRTX 2080\b/i, 'RTX 2080', 250, 20],
  [/\bRTX 2070\b/i, 'RTX 2070', 215, 15],
  [/\bRTX 2060\b/i, 'RTX 2060', 175, 12],
  [/\bTITAN RTX\b/i, 'TITAN RTX', 280, 20],
  [/\bGTX 1080 Ti\b/i, 'GTX 1080 Ti', 250, 15],
  [/\bGTX 1080\b/i, 'GTX 1080', 180, 12],
  [/\bGTX 1070\b/i, 'GTX 1070', 180, 12],
  [/\bGTX 16\d0\b/i, 'GTX 16', 125, 10],
  [/\bGTX 10\d0\b/i, 'GTX 10', 120, 10],
  [/\bP40\b/i, 'P40', 250, 50],
  [/\bMI3\d\dX?\b/i, 'MI300', 1000, 140],
  [/\bRX 9070 XT\b/i, 'RX 9070 XT', 304, 18],
  [/\bRX 9070\b/i, 'RX 9070', 220, 16],
  [/\bRX 9060\b/i, 'RX 9060', 160, 12],
  [/\bRX 7900 XTX\b/i, 'RX 7900 XTX', 355, 25],
  [/\bRX 7900\b/i, 'RX 7900', 315, 22],
  [/\bRX 7800\b/i, 'RX 7800', 263, 18],
  [/\bRX 7700\b/i, 'RX 7700', 245, 18],
  [/\bRX 7600\b/i, 'RX 7600', 190, 12],
  [/\bRX 6950\b/i, 'RX 6950', 335, 15],
  [/\bRX 6[89]00\b/i, 'RX 6800', 300, 12],
  [/\bRX 6700\b/i, 'RX 6700', 230, 10],
  [/\bRX 6[56]\d0\b/i, 'RX 6600', 160, 8],
  [/\bArc B5[78]0\b/i, 'Arc B580', 190, 20],
  [/\bArc A7[57]0\b/i, 'Arc A770', 225, 40],
];

const MACHINES: readonly Row[] = [
  [/\bM3 Ultra\b/i, 'Apple Ultra', 295, 13],
  [/\bM[24] Ultra\b/i, 'Apple Ultra', 295, 13],
  [/\bM1 Ultra\b/i, 'Apple Ultra', 215, 13],
  [/\bM[2-5] Max\b/i, 'Apple Max', 145, 11],
  [/\bM1 Max\b/i, 'Apple Max', 115, 11],
  [/\bM[45] Pro\b/i, 'Apple Pro', 140, 7],
  [/\bM[123] Pro\b/i, 'Apple Pro', 100, 7],
  [/\bM[45]\b/i, 'Apple base', 65, 5],
  [/\bM[23]\b/i, 'Apple base', 50, 7],
  [/\bM1\b/i, 'Apple base', 39, 7],
];

/** What a card is, by the name that its driver tells; null for one that the table does not know. */
export function findCardClass(card: string): CardClass | null {
  const board = BOARDS.find(([pattern]) => pattern.test(card));
  if (board) return toClass(board, 'board');
  const machine = /\bapple\b/i.test(card) ? MACHINES.find(([pattern]) => pattern.test(card)) : undefined;
  return machine ? toClass(machine, 'machine') : null;
}

/** Every class once, for who wants to read the table. */
export function listCardClasses(): CardClass[] {
  const all = [...BOARDS.map((row) => toClass(row, 'board')), ...MACHINES.map((row) => toClass(row, 'machine'))];
  return [...new Map(all.map((one) => [`${one.name} ${one.mostW}`, one])).values()];
}

function toClass([, name, mostW, idleW]: Row, sees: CardClass['sees']): CardClass {
  return { name, mostW, idleW, sees };
}
