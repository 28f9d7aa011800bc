// To be imported before anything that describes data: the page's policy lets nothing make code of text, and looking whether it does would be told as a fault.
import * as z from 'zod';

z.config({ jitless: true });
