// npm run grid: makes schema/grid-table.ts anew from what the package @tgwf/co2 carries: grams of CO2e a kilowatt-hour by country, as a mean of the year and
// at the margin. The package is for development only: what is shipped is these figures, under their own licence.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { format } from 'prettier';

const TABLE = new URL('../../schema/grid-table.ts', import.meta.url);
/** The package tells no year for its means: Ember's newest for each country, which for most of them was this one. */
const MEAN_YEAR = 2024;

/** Grams by ISO 3166-1 alpha-3, and by names of regions, which are left out. */
interface Intensities {
  readonly data: Readonly<Record<string, number | string>>;
  readonly year?: string;
}

/** ISO 3166-1: alpha-3 and alpha-2 in one word, and Kosovo's user-assigned XK. */
const COUNTRIES = `
AFGAF ALAAX ALBAL DZADZ ASMAS ANDAD AGOAO AIAAI ATAAQ ATGAG ARGAR ARMAM ABWAW AUSAU AUTAT AZEAZ BHSBS BHRBH BGDBD BRBBB BLRBY BELBE BLZBZ BENBJ BMUBM
BTNBT BOLBO BESBQ BIHBA BWABW BVTBV BRABR IOTIO BRNBN BGRBG BFABF BDIBI CPVCV KHMKH CMRCM CANCA CYMKY CAFCF TCDTD CHLCL CHNCN CXRCX CCKCC COLCO COMKM
COGCG CODCD COKCK CRICR CIVCI HRVHR CUBCU CUWCW CYPCY CZECZ DNKDK DJIDJ DMADM DOMDO ECUEC EGYEG SLVSV GNQGQ ERIER ESTEE SWZSZ ETHET FLKFK FROFO FJIFJ
FINFI FRAFR GUFGF PYFPF ATFTF GABGA GMBGM GEOGE DEUDE GHAGH GIBGI GRCGR GRLGL GRDGD GLPGP GUMGU GTMGT GGYGG GINGN GNBGW GUYGY HTIHT HMDHM VATVA HNDHN
HKGHK HUNHU ISLIS INDIN IDNID IRNIR IRQIQ IRLIE IMNIM ISRIL ITAIT JAMJM JPNJP JEYJE JORJO KAZKZ KENKE KIRKI PRKKP KORKR KWTKW KGZKG LAOLA LVALV LBNLB
LSOLS LBRLR LBYLY LIELI LTULT LUXLU MACMO MDGMG MWIMW MYSMY MDVMV MLIML MLTMT MHLMH MTQMQ MRTMR MUSMU MYTYT MEXMX FSMFM MDAMD MCOMC MNGMN MNEME MSRMS
MARMA MOZMZ MMRMM NAMNA NRUNR NPLNP NLDNL NCLNC NZLNZ NICNI NERNE NGANG NIUNU NFKNF MKDMK MNPMP NORNO OMNOM PAKPK PLWPW PSEPS PANPA PNGPG PRYPY PERPE
PHLPH PCNPN POLPL PRTPT PRIPR QATQA REURE ROURO RUSRU RWARW BLMBL SHNSH KNAKN LCALC MAFMF SPMPM VCTVC WSMWS SMRSM STPST SAUSA SENSN SRBRS SYCSC SLESL
SGPSG SXMSX SVKSK SVNSI SLBSB SOMSO ZAFZA SGSGS SSDSS ESPES LKALK SDNSD SURSR SJMSJ SWESE CHECH SYRSY TWNTW TJKTJ TZATZ THATH TLSTL TGOTG TKLTK TONTO
TTOTT TUNTN TURTR TKMTM TCATC TUVTV UGAUG UKRUA AREAE GBRGB USAUS UMIUM URYUY UZBUZ VUTVU VENVE VNMVN VGBVG VIRVI WLFWF ESHEH YEMYE ZMBZM ZWEZW XKXXK
`;

/** The table's file as it should be. Throws where the package is not there. */
export async function writeGridTable(): Promise<string> {
  const require = createRequire(import.meta.url);
  const { averageIntensity: mean, marginalIntensity: margin } = require('@tgwf/co2') as {
    averageIntensity: Intensities;
    marginalIntensity: Intensities;
  };
  const manifest = readFileSync(require.resolve('@tgwf/co2').replace(/dist.*$/, 'package.json'), 'utf8');
  return format(makeTable({ mean, margin, version: (JSON.parse(manifest) as { version: string }).version }), {
    parser: 'typescript',
    singleQuote: true,
    printWidth: 120,
  });
}

function makeTable({ mean, margin, version }: { mean: Intensities; margin: Intensities; version: string }): string {
  const rows = COUNTRIES.trim()
    .split(/\s+/)
    .map((word): [string, number | null, number | null] => {
      const code = word.slice(0, 3);
      return [word.slice(3), readGrams(mean.data[code]), readGrams(margin.data[code])];
    })
    .filter(([, average, marginal]) => average !== null || marginal !== null)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `// Made by \`npm run grid\` from @tgwf/co2 ${version}; never edited by hand. By country (ISO 3166-1 alpha-2): grams of CO2e a kilowatt-hour, the mean of
// ${MEAN_YEAR} (Ember's yearly data, its newest year: for a few small countries an older one), then at the margin in ${margin.year} (UNFCCC's harmonised set, as the
// Green Web Foundation publishes it). Both are under CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/), and so is this file, which rounds
// them to whole grams and leaves out what is told as 0.

export const GRID_YEARS = { mean: ${MEAN_YEAR}, marginal: ${margin.year} } as const;

export const GRID_TABLE: Readonly<Record<string, readonly [mean: number | null, marginal: number | null]>> = {
${rows.map(([code, average, marginal]) => `${code}: [${average}, ${marginal}],`).join('\n')}
};
`;
}

/** Null where nothing is known: no grid gives off nothing, so a 0 is a gap of the data. */
function readGrams(told: number | string | undefined): number | null {
  const grams = Math.round(Number(told ?? 0));
  return grams > 0 ? grams : null;
}

if (import.meta.main) writeFileSync(TABLE, await writeGridTable());
