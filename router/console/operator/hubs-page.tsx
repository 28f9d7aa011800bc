// /console/operator/hubs: the areas and their hubs, with the homes and slots that each reported last.
import { Hono } from 'hono';
import { AREAS } from '../../../schema/places.ts';
import { formatCount } from '../../look/format-number.ts';
import { Facts, Note, Sheet } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import { showPage } from '../page-answer.tsx';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { orNull } from '../or-null.ts';

import { HUB_WORDS } from './words-running.ts';

export const hubPages = new Hono<ConsoleEnv>();

hubPages.get('/console/operator/hubs', async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = HUB_WORDS[locale];
  const { area: openArea } = c.get('services');
  const told = await Promise.all(
    AREAS.map(async (area) => ({ area, hubs: await orNull(Promise.resolve(openArea(area).tellHubs())) })),
  );
  const rows = told.flatMap(({ area, hubs }) => (hubs ?? []).map((hub) => ({ ...hub, area })));
  const count = (value: number): string => formatCount(value, locale);
  const sum = (pick: 'nodes' | 'slots'): string => count(rows.reduce((total, row) => total + row[pick], 0));
  const nameThose = (areas: typeof told): string => areas.map(({ area }) => words[area]).join(' · ');
  const away = told.filter(({ hubs }) => hubs === null);
  const quiet = told.filter(({ hubs }) => hubs?.length === 0);
  const degrees = (value: number): string => value.toFixed(1);
  const body = (
    <>
      <h1>{words.title}</h1>
      {away.length > 0 && <Note tone="bad">{words.away(nameThose(away))}</Note>}
      <Sheet>
        <p class="soft">{words.told}</p>
        <Facts
          facts={[
            { name: words.areas, value: count(told.filter(({ hubs }) => (hubs?.length ?? 0) > 0).length) },
            { name: words.hubs, value: count(rows.length) },
            { name: words.homes, value: sum('nodes') },
            { name: words.slots, value: sum('slots') },
          ]}
        />
        <Table
          caption={words.title}
          columns={[
            { head: words.hub, cell: ({ hub }) => <code>{hub}</code> },
            { head: words.area, cell: ({ area }) => words[area] },
            { head: words.homes, isNumber: true, cell: ({ nodes }) => count(nodes) },
            { head: words.slots, isNumber: true, cell: ({ slots }) => count(slots) },
            { head: words.place, isNumber: true, cell: ({ lat, lon }) => `${degrees(lat)}, ${degrees(lon)}` },
          ]}
          rows={rows}
          empty={words.none}
        />
        {rows.length > 0 && quiet.length > 0 && <p class="soft">{words.quiet(nameThose(quiet))}</p>}
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});
