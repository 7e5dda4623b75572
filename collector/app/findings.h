/* findings.h - what the poller finds out about a device, told to the recorder: an event of the
 * sequence, and what is known of the device at the next start.
 */
#ifndef APP_FINDINGS_H
#define APP_FINDINGS_H

#include "flow/poller.h"
#include "record/recorder.h"

/* "device.lesson": {"device", "area", "address", "count", "cause"}. Any thread. */
void findings_lesson(struct recorder *recorder, const struct device_setup *device,
                     const struct lesson *lesson);

/* Who it says it is: remembered when it is the one it should be; told in any case. */
void findings_identity(struct recorder *recorder, const struct device_setup *device,
                       const struct identity_finding *identity);

#endif
