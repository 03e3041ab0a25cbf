/* SPDX-License-Identifier: Apache-2.0 */
/* rest.h: a program's REST pages (http://host:4040/api/v1/..) as the answer that its socket would
 * give, for `wadi top` from elsewhere. */
#ifndef WADI_CLI_REST_H
#define WADI_CLI_REST_H
#include "cli/client.h"
#include "cli/url.h"

/* False: answer->error says why. */
bool wadi__cli_rest_ask(const wadi__cli_url *url, size_t batches, wadi__cli_answer *answer);
#endif
