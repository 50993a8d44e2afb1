/**
 * A certificate that nobody trusts, for servers on loopback in tests (localhost, gateway.test, 127.0.0.1; valid for a hundred
 * years). Made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500`.
 */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgW0UwSxAE/cAoFc93
jdiglKzxQGJDF5vwXhOdyX1BubShRANCAAQySa+kwTxGUThulJOZUNhdxzgKcc+Y
x0OhdDd54KMpc8VMJY9/TiZwc3TYMUPXRTn3gT0Xs6i4Q038hriyWhaq
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBqTCCAU+gAwIBAgIUDaBZmt4LNzbTu+bU4mUNEuKLYYYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA4NTAzMVoYDzIxMjYxMDI4
MDg1MDMxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQySa+kwTxGUThulJOZUNhdxzgKcc+Yx0OhdDd54KMpc8VMJY9/TiZw
c3TYMUPXRTn3gT0Xs6i4Q038hriyWhaqo30wezAdBgNVHQ4EFgQUIKrBjc6zTDNV
sh4sh8NJHwrbtLswHwYDVR0jBBgwFoAUIKrBjc6zTDNVsh4sh8NJHwrbtLswDwYD
VR0TAQH/BAUwAwEB/zAoBgNVHREEITAfgglsb2NhbGhvc3SCDGdhdGV3YXkudGVz
dIcEfwAAATAKBggqhkjOPQQDAgNIADBFAiEAnUjqmFdwx91TnQfxGZy9t9p1mSj/
32BcRYKCZjCpt6sCICoPCe4XtkvZ4HarnOLA7j+n0rLJ4FoyWZ8TIWf0H5lG
-----END CERTIFICATE-----
`,
};
