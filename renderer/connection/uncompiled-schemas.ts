/**
 * Tells zod not to compile schemas: that needs eval, which the page's content security policy
 * refuses. Imported before anything that makes a schema.
 */
import { z } from "zod";

z.config({ jitless: true });
