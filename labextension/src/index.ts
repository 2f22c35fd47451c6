/** The plugins of the extension. */

import { mainPlugin } from './plugins/main_plugin';
import { runsPlugin } from './plugins/runs_plugin';

export default [mainPlugin, runsPlugin];
