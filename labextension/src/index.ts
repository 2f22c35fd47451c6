/** The plugins of the extension. */

import { mainPlugin } from './plugins/main_plugin';

export default [mainPlugin];
