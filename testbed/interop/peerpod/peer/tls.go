package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// mutual is the one configuration of both roles: the pool verifies whoever is on the other side.
func mutual(anchor, certificate, key []byte) (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(anchor) {
		return nil, errors.New("unable to load root certificates: no valid certificate authority data seen")
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		Certificates: []tls.Certificate{pair},
	}, nil
}

func readAll(dir string, names ...string) ([][]byte, error) {
	var texts [][]byte
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

type identity struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// template has what the adaptor's certificates have in common.
func template(organization, name string, usage x509.ExtKeyUsage, isCA bool) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, err
	}
	from := time.Now().UTC().Add(-5 * time.Minute)
	made := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{organization}, CommonName: name},
		NotBefore:             from,
		NotAfter:              from.Add(2 * 365 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{usage},
		BasicConstraintsValid: true,
		IsCA:                  isCA,
	}
	if name != "" {
		made.DNSNames = []string{name}
	}
	return made, nil
}

func issue(request *x509.Certificate, issuer *identity) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signer := identity{request, key}
	if issuer != nil {
		signer = *issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, request, signer.certificate, &key.PublicKey, signer.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &identity{certificate, key}, err
}

func (i *identity) write(dir, name string) error {
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate.Raw})
	if err := os.WriteFile(filepath.Join(dir, name+".crt"), certificate, 0o644); err != nil {
		return err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return os.WriteFile(filepath.Join(dir, name+".key"), key, 0o600)
}

func writeCertificates(dir, serverName string) error {
	rows := []struct {
		file, organization, name string
		usage                    x509.ExtKeyUsage
		isCA, byCA               bool
	}{
		{"ca", "agent-protocol-forwarder", "", x509.ExtKeyUsageServerAuth, true, false},
		{"server", "agent-protocol-forwarder", serverName, x509.ExtKeyUsageServerAuth, false, true},
		{"client", "cloud-api-adaptor", "", x509.ExtKeyUsageClientAuth, false, false},
	}
	var ca *identity
	for _, row := range rows {
		request, err := template(row.organization, row.name, row.usage, row.isCA)
		if err != nil {
			return err
		}
		var issuer *identity
		if row.byCA {
			issuer = ca
		}
		made, err := issue(request, issuer)
		if err != nil {
			return err
		}
		if row.isCA {
			ca = made
		}
		if err := made.write(dir, row.file); err != nil {
			return err
		}
	}
	return nil
}
