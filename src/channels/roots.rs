//! Whose certificates we believe: the system's roots, the bundled ones where it has none, or a file's alone.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;

/// Root certificates for TLS. A file replaces the system's, as `ca_file` does in Prometheus.
pub fn load(ca_file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let Some(path) = ca_file else { return Ok(system()) };
    let says = |because: String| format!("ca_file {}: {because}", path.display());
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(|found| found.collect::<Result<Vec<_>, _>>())
        .map_err(|error| says(error.to_string()))?;
    match certificates.iter().find(|certificate| !is_usable(certificate)) {
        Some(_) => Err(says("holds a certificate that can't be read".into())),
        None if certificates.is_empty() => Err(says("holds no certificate".into())),
        None => Ok(certificates),
    }
}

fn system() -> Vec<CertificateDer<'static>> {
    let native = rustls_native_certs::load_native_certs().certs.into_iter().filter(is_usable).collect::<Vec<_>>();
    if native.is_empty() { webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec() } else { native }
}

// One odd certificate in a system's store must not take all the others with it.
fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}
