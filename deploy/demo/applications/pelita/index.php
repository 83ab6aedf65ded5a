<?php
// The demo's verified application: services and their hours, kept in the database that its own PHP is told of.
$database = new PDO(
    sprintf('%s:host=%s;port=%s;dbname=%s', getenv('DB_CONNECTION'), getenv('DB_HOST'), getenv('DB_PORT'), getenv('DB_DATABASE')),
    getenv('DB_USERNAME'),
    getenv('DB_PASSWORD'),
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]
);
$database->exec('create table if not exists layanan (nama varchar(100) primary key, jam varchar(50) not null)');
$add = $database->prepare('insert ignore into layanan (nama, jam) values (?, ?)');
foreach ([['Kartu keluarga', '08.00-14.00'], ['Akta kelahiran', '08.00-12.00']] as $service) {
    $add->execute($service);
}
$services = $database->query('select nama, jam from layanan order by nama')->fetchAll(PDO::FETCH_ASSOC);
?>
<!doctype html>
<html lang="id">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Pelita Kependudukan</title>
  <link rel="stylesheet" href="pelita.css">
</head>
<body>
  <h1>Pelita Kependudukan</h1>
  <ul>
    <?php foreach ($services as $service): ?>
    <li><?= htmlspecialchars($service['nama']) ?>: <?= htmlspecialchars($service['jam']) ?></li>
    <?php endforeach ?>
  </ul>
</body>
</html>
