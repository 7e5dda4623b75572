/* log.h - lines for the person on call at night: who, what, how long, what happens next.
 *
 * Written to standard error when a state changes, never each time it is still so; with the
 * journal's "<N>" prefix when standard error is the journal. Any thread may call; a line is one
 * write(2), control characters are shown as "\xNN", and a failed write is forgotten.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6
};

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Lines less urgent than `level` are left out. Default LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* From here on lines go to this file (opened for appending) instead of standard error, as the
 * demo's picture owns the terminal. -1 goes back. */
void log_set_file(int fd);

#endif
