/* SPDX-License-Identifier: Apache-2.0 */
/* tls_gnutls.c: in the module wadi-ui.so: the client's side of TLS by GnuTLS. */
#include "ui/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

typedef struct tls {
    wadi__tls_below below;
    gnutls_session_t session;
    gnutls_certificate_credentials_t trusted;
} tls;

/* ---- The connection below ---- */

static ssize_t give_back(tls *self, ssize_t rc) {
    if (rc >= 0) return rc;
    gnutls_transport_set_errno(self->session, (int)-rc == EAGAIN ? ETIMEDOUT : (int)-rc);
    return -1;
}
static ssize_t push(gnutls_transport_ptr_t arg, const void *bytes, size_t size) {
    tls *self = arg;
    return give_back(self, self->below.send(self->below.arg, bytes, size));
}
static ssize_t pull(gnutls_transport_ptr_t arg, void *bytes, size_t size) {
    tls *self = arg;
    return give_back(self, self->below.recv(self->below.arg, bytes, size));
}

/* ---- Opening ---- */

static void close_tls(void *arg) {
    tls *self = arg;
    if (self->session != NULL) gnutls_deinit(self->session);
    if (self->trusted != NULL) gnutls_certificate_free_credentials(self->trusted);
    self->below.release(self);
}
static bool fail(char *why, const char *what, int rc) {
    snprintf(why, WADI__TLS_WHY_BYTES, "%s: %s", what, gnutls_strerror(rc));
    return false;
}
static bool load_trust(tls *self, const wadi__tls_peer *peer, char *why) {
    int rc = gnutls_certificate_allocate_credentials(&self->trusted);
    if (rc < 0) return fail(why, "TLS", rc);
    if (peer->is_anybody) return true;
    rc = peer->ca_file != NULL ? gnutls_certificate_set_x509_trust_file(
                                     self->trusted, peer->ca_file, GNUTLS_X509_FMT_PEM)
                               : gnutls_certificate_set_x509_system_trust(self->trusted);
    if (peer->ca_file != NULL && rc == 0) {
        snprintf(why, WADI__TLS_WHY_BYTES, "%.200s has no certificate in it", peer->ca_file);
        return false;
    }
    return rc >= 0 || fail(why, peer->ca_file != NULL ? peer->ca_file : "the system's CAs", rc);
}
static bool is_address(const char *host) {
    return strchr(host, ':') != NULL || host[strspn(host, "0123456789.")] == 0;
}
static bool prepare(tls *self, const wadi__tls_peer *peer, char *why) {
    int rc = gnutls_init(&self->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    if (rc >= 0) rc = gnutls_set_default_priority(self->session);
    if (rc >= 0) rc = gnutls_credentials_set(self->session, GNUTLS_CRD_CERTIFICATE, self->trusted);
    if (rc >= 0 && !is_address(peer->host))
        rc = gnutls_server_name_set(self->session, GNUTLS_NAME_DNS, peer->host, strlen(peer->host));
    if (rc < 0) return fail(why, "TLS", rc);
    if (!peer->is_anybody) gnutls_session_set_verify_cert(self->session, peer->host, 0);
    gnutls_transport_set_ptr(self->session, self);
    gnutls_transport_set_push_function(self->session, push);
    gnutls_transport_set_pull_function(self->session, pull);
    return true;
}
/* What is wrong with the certificate, in the words of the library. */
static bool tell_untrusted(tls *self, char *why) {
    gnutls_datum_t words = {NULL, 0};
    unsigned status = gnutls_session_get_verify_cert_status(self->session);
    int rc = gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0);
    snprintf(why, WADI__TLS_WHY_BYTES, "its certificate is not trusted: %s",
             rc >= 0 ? (const char *)words.data : "it is not good");
    gnutls_free(words.data);
    return false;
}
static bool shake_hands(tls *self, bool *is_untrusted, char *why) {
    int rc;
    do rc = gnutls_handshake(self->session);
    while (rc < 0 && gnutls_error_is_fatal(rc) == 0);
    if (rc >= 0) return true;
    *is_untrusted = rc == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
    if (*is_untrusted) return tell_untrusted(self, why);
    bool is_plain = rc == GNUTLS_E_UNEXPECTED_PACKET_LENGTH || rc == GNUTLS_E_UNEXPECTED_PACKET ||
                    rc == GNUTLS_E_UNSUPPORTED_VERSION_PACKET ||
                    rc == GNUTLS_E_PREMATURE_TERMINATION; /* it hung up */
    return fail(why, is_plain ? "it does not speak TLS" : "the TLS handshake", rc);
}
static void *open_tls(const wadi__tls_peer *peer, const wadi__tls_below *below, bool *is_untrusted,
                      char *why) {
    *is_untrusted = false;
    tls *self = below->alloc(sizeof *self);
    if (self == NULL) {
        snprintf(why, WADI__TLS_WHY_BYTES, "no memory");
        return NULL;
    }
    self->below = *below;
    if (load_trust(self, peer, why) && prepare(self, peer, why) &&
        shake_hands(self, is_untrusted, why))
        return self;
    close_tls(self);
    return NULL;
}

/* ---- Records ---- */

static ssize_t send_tls(void *arg, const void *bytes, size_t size) {
    tls *self = arg;
    for (size_t done = 0; done < size;) {
        ssize_t more = gnutls_record_send(self->session, (const char *)bytes + done, size - done);
        if (more < 0 && gnutls_error_is_fatal((int)more) != 0) return -1;
        if (more > 0) done += (size_t)more;
    }
    return (ssize_t)size;
}
static ssize_t recv_tls(void *arg, void *bytes, size_t size) {
    tls *self = arg;
    for (;;) {
        ssize_t got = gnutls_record_recv(self->session, bytes, size);
        if (got >= 0) return got;
        if (gnutls_error_is_fatal((int)got) != 0) return -1;
    }
}

extern const wadi__tls_ops wadi__tls_module;
__attribute__((visibility("default"))) const wadi__tls_ops wadi__tls_module = {
    .version = WADI__TLS_OPS_VERSION,
    .open = open_tls,
    .send = send_tls,
    .recv = recv_tls,
    .close = close_tls,
};
