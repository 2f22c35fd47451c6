/** The plugins of the extension. */

import { changesPlugin } from './plugins/changes_plugin';
import { mainPlugin } from './plugins/main_plugin';
import { runsPlugin } from './plugins/runs_plugin';

export default [changesPlugin, mainPlugin, runsPlugin];
