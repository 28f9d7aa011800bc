// Jobs of the account: finding one's receipt by its number.
import { Hono } from 'hono';
import { TextField } from '../../look/form.tsx';
import { Sheet } from '../../look/pieces.tsx';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { JOB_WORDS } from './job-words.ts';

export const jobsPages = new Hono<ConsoleEnv>();

jobsPages.get('/console/jobs', async (c) => {
  const { locale } = c.get('visit');
  const words = JOB_WORDS[locale];
  await requireMember(c);
  const wanted = c.req.query('job')?.trim() ?? '';
  if (wanted !== '') return c.redirect(`/console/jobs/${encodeURIComponent(wanted)}`, 303);
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <Sheet title={words.find}>
        <form method="get" class="fields">
          <TextField name="job" label={words.number} help={words.numberHelp} isRequired />
          <button>{words.findDo}</button>
        </form>
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});
